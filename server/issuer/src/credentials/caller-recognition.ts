import { createHash } from "node:crypto";
import type { Clock, RateLimit } from "@countersign/server";
import type { WorkSource } from "@countersign/server/internal";
import type { Store } from "../store/database.ts";
import { isAddressOf, isSessionOf } from "../store/known-callers.ts";
import type { KnownDevices } from "./known-devices.ts";
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
  const isOwner = async (username: string, sessionId: string): Promise<boolean> =>
    isSessionOf(store, { sessionId, username, nowMs: clock.nowMs() });

  return async (username, origin) => {
    const { peer: address, deviceProofs = [], refreshToken = "" } = origin;
    const account = digestUsername(username);
    const known = (kind: string, id: string): AttemptSource => {
      return { account, address, isKnown: true, bucket: digest([account, kind, id]) };
    };
    const deviceId = devices.find(deviceProofs, account);
    if (deviceId !== undefined) {
      const source = known("device", deviceId);
      spend(source.bucket);
      return source;
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
