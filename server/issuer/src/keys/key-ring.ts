import { randomUUID } from "node:crypto";
import type { AuditSink, Cancel, Clock, KeySource, VerificationKey } from "@countersign/server";
import { type KeyEvent, repeat } from "@countersign/server/internal";
import type { Store } from "../store/database.ts";
import { listSigningKeys, type SigningKeyRecord } from "../store/signing-keys.ts";
import { createFirstKeys, type RotationContext } from "./current-keys.ts";
import { isSettled, removeCompromised, removeExpiredKeys, rotateIfDue, rotateKeys } from "./key-rotation.ts";
import { createKeySnapshots, type KeySnapshots } from "./key-snapshot.ts";
import { type KeyRingTimes, resolveKeyTimes } from "./key-times.ts";
import { deriveKey } from "./seal.ts";
import { SIGNING_ALGORITHM, type SigningKey } from "./signing-key.ts";

/** What a key ring needs. */
export interface KeyRingOptions {
  /** Where the keys are. */
  readonly store: Store;
  /** The key-encryption key: see `loadSecretFile`. */
  readonly secret: Uint8Array;
  readonly clock: Clock;
  /** Learns of keys that begin to sign or are removed. */
  readonly audit: AuditSink<KeyEvent>;
  /** How long keys live. */
  readonly times: KeyRingTimes;
  /**
   * Called when the store could not be read, and the ring goes on with what it knows; or when a next key had to be
   * replaced because it was made with another secret.
   */
  readonly onError?: (error: unknown) => void;
}

/** The keys that sign and verify our own access tokens, shared by all servers on one store. */
export interface KeyRing {
  /**
   * Read the keys, make them if there are none, and go on reading them every few seconds.
   *
   * @throws WrongSecretError when the secret is not the one that the keys were sealed under
   */
  start(): Promise<void>;
  /** Stop reading. */
  close(): void;
  /**
   * The key to sign with now.
   *
   * @throws AuthError `AUTH_UNAVAILABLE` before {@link start}
   */
  signingKey(): SigningKey;
  /**
   * Since when that key signs, in milliseconds since 1970.
   *
   * @throws AuthError `AUTH_UNAVAILABLE` before {@link start}
   */
  signingSinceMs(): number;
  /** The keys that verify, for the gate. A known key is found without a promise. */
  readonly keySource: KeySource;
  /** The public keys to publish: all that verify, and the next one (RFC 7517). */
  publicJwks(): readonly Readonly<Record<string, unknown>>[];
  /** Every key that ever was, from the store, the oldest first. */
  list(): Promise<readonly SigningKeyRecord[]>;
  /**
   * Let the next key sign from now on, and publish another.
   *
   * @param options `force`: even if verifiers may not have seen it yet
   * @returns the key that signs now
   * @throws Error when the next key was published too short a time ago and `force` is not set
   */
  rotate(options?: { readonly force?: boolean }): Promise<string>;
  /**
   * Remove a key that may have been stolen. Servers refuse what it signed, and end streams on it, as soon as they
   * learn of the revocation. Verifiers elsewhere go on trusting it for as long as they keep the key set.
   *
   * @returns the key that signs now
   * @throws Error when there is no such key, or it was removed before
   */
  compromise(kid: string): Promise<string>;
  /** Read the store now, and not only in a few seconds: another server may have changed the keys. */
  reload(): Promise<void>;
}

/** A thumbprint; anything else is not looked up in the store. */
const KID = /^[\w-]{43}$/;

/** Create a key ring. It is of no use before its `start`. */
export function createKeyRing(options: KeyRingOptions): KeyRing {
  const { store, clock, onError = () => undefined } = options;
  const times = resolveKeyTimes(options.times);
  const sealingKey = deriveKey(options.secret, "signing-key");
  const context: RotationContext = {
    store,
    clock,
    audit: options.audit,
    onError,
    times,
    sealingKey,
    holder: randomUUID(),
  };
  const snapshots = createKeySnapshots(store, sealingKey, clock);
  let stopPolling: Cancel | undefined;

  const maintain = async (): Promise<void> => {
    await snapshots.reloadAfresh();
    if (!isSettled(context, snapshots.current().records)) {
      await rotateIfDue(context);
      await removeExpiredKeys(context);
      await snapshots.reloadAfresh();
    }
  };
  return {
    async start() {
      await createFirstKeys(context);
      await maintain();
      stopPolling = repeat(clock, () => void maintain().catch(onError), times.pollMs);
    },
    close: () => stopPolling?.(),
    signingKey: () => snapshots.current().signing,
    signingSinceMs() {
      const { signing, records } = snapshots.current();
      return records.find(({ kid }) => kid === signing.kid)?.activeAtMs ?? Number.NaN;
    },
    keySource: toKeySource(snapshots, times.unknownKidCooldownMs, onError),
    publicJwks: () => snapshots.current().jwks,
    list: () => listSigningKeys(store),
    async rotate({ force = false } = {}) {
      const kid = await rotateKeys(context, force);
      await snapshots.reloadAfresh();
      return kid;
    },
    async compromise(kid) {
      const signing = await removeCompromised(context, kid);
      await snapshots.reloadAfresh();
      return signing;
    },
    reload: () => snapshots.reloadAfresh(),
  };
}

function toKeySource(
  snapshots: KeySnapshots,
  cooldownMs: number,
  onError: (error: unknown) => void,
): KeySource {
  const get = (kid: string): VerificationKey | undefined => snapshots.current().verifying.get(kid);
  /** Another server may just have brought the key in. */
  const findAfresh = async (kid: string): Promise<VerificationKey | undefined> => {
    await snapshots.reload().catch(onError);
    return get(kid);
  };
  return {
    find(kid = "", algorithm) {
      if (algorithm !== SIGNING_ALGORITHM) {
        return undefined;
      }
      // Strangers can invent identifiers faster than the store should be asked for them.
      const mayAsk = KID.test(kid) && snapshots.sinceReloadMs() >= cooldownMs;
      return get(kid) ?? (mayAsk ? findAfresh(kid) : undefined);
    },
    isTrusted: (key) => get(key.kid ?? "") === key,
  };
}
