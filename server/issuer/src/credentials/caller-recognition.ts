import { createHash } from "node:crypto";
import type { Clock, RateLimit } from "@countersign/server";
import type { WorkSource } from "@countersign/server/internal";
import { findAccountWithPassword } from "../store/accounts.ts";
import type { Store } from "../store/database.ts";
import { isAddressOf, isSessionOf } from "../store/known-callers.ts";
import type { KnownDevice, KnownDevices } from "./known-devices.ts";
import { digestUsername } from "./username.ts";

/** Where an attempt to sign in comes from, and what shows that its caller is no stranger. */
export interface SignInOrigin {
  /** The address, in the form that limits count by; empty when it is not known. */
  readonly peer: string;
  /** What the device has kept of sign-ins before: see `KnownDevices`. Default: nothing. */
  readonly deviceProofs?: readonly string[];
  /** The refresh token of the browser. Default: none. */
  readonly refreshToken?: string | undefined;
  /** The session of the caller, which its access token has proven. Default: none. */
  readonly sessionId?: string | undefined;
}

/** Whose an attempt at a password is, as far as limits count. */
export interface AttemptSource extends WorkSource {
  /** A hash that names whose failures count together: those of a known caller, or those of all strangers. */
  readonly bucket: string;
}

/** What {@link createCallerRecognition} needs. */
export interface CallerRecognitionOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Reads which session a refresh token belongs to; undefined when it is not genuine. */
  readonly sessionIdOf: (refreshToken: string) => string | undefined;
  readonly devices: KnownDevices;
  /** How often one address may try, and one device or session. */
  readonly attempts: RateLimit;
}

/**
 * Finds out whose an attempt at the password of an account is, and counts it.
 *
 * @param username normalized
 * @throws AuthError `RATE_LIMITED` when the address, or the known caller, has no attempts left; `AUTH_UNAVAILABLE` when
 *   the store cannot be used
 */
export type CallerRecognition = (username: string, origin: SignInOrigin) => Promise<AttemptSource>;

/**
 * Create the recognition of callers: by a device or a session, whose attempts do not count with those of the address;
 * else by an address that the account was used from.
 */
export function createCallerRecognition(options: CallerRecognitionOptions): CallerRecognition {
  const { store, clock, sessionIdOf, devices, attempts } = options;
  const spend = (key: string): void => {
    attempts.assertAllowed(key);
    attempts.take(key);
  };
  /**
   * Have each device pay before the store is asked, those of former passwords as well.
   *
   * @returns those that could: what is left of others cannot hold up the owner's
   * @throws AuthError `RATE_LIMITED` when none could
   */
  const payEach = (
    found: readonly KnownDevice[],
    bucketOf: (device: KnownDevice) => string,
  ): readonly KnownDevice[] => {
    const paid: KnownDevice[] = [];
    let refusal: unknown;
    for (const device of found) {
      try {
        spend(bucketOf(device));
        paid.push(device);
      } catch (error) {
        refusal = error;
      }
    }
    if (refusal !== undefined && paid.length === 0) {
      throw refusal;
    }
    return paid;
  };
  /** A device that has signed in with the password that the account has now: others may be of who knew a former one. */
  const findCurrent = async (
    found: readonly KnownDevice[],
    username: string,
  ): Promise<KnownDevice | undefined> => {
    const account = found.length === 0 ? undefined : await findAccountWithPassword(store, username);
    return account && found.find((device) => device.hasUsed(account.passwordHash));
  };
  const isOwner = async (username: string, sessionId: string): Promise<boolean> =>
    isSessionOf(store, { sessionId, username, nowMs: clock.nowMs() });

  return async (username, origin) => {
    const { peer: address, deviceProofs = [], refreshToken = "" } = origin;
    const account = digestUsername(username);
    const known = (kind: string, id: string): AttemptSource => {
      return { account, address, isKnown: true, bucket: digest([account, kind, id]) };
    };
    const found = devices.find(deviceProofs, account);
    const paid = payEach(found, ({ id }) => known("device", id).bucket);
    const device = await findCurrent(paid, username);
    if (device !== undefined) {
      return known("device", device.id);
    }
    const sessionId = origin.sessionId ?? sessionIdOf(refreshToken);
    if (sessionId !== undefined) {
      // One budget for all accounts: each name that is tried with the session costs a look into the store.
      spend(digest(["session", sessionId]));
      if (await isOwner(username, sessionId)) {
        return known("session", sessionId);
      }
    }
    // The address pays before the store is asked.
    spend(address);
    return address !== "" && (await isAddressOf(store, username, address))
      ? known("address", address)
      : { account, address, isKnown: false, bucket: account };
  };
}

function digest(parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url");
}
