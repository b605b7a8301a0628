import type { AuditSink, Clock } from "@countersign/server";
import type { KeyEvent } from "@countersign/server/internal";
import type { Store } from "../store/database.ts";
import {
  insertFirstKeys,
  insertSigningKey,
  listSigningKeys,
  replaceNextKey,
  type SigningKeyRecord,
  type SigningKeyState,
} from "../store/signing-keys.ts";
import type { KeyTimes } from "./key-times.ts";
import { generateSigningKey, isSealedUnder, WrongSecretError } from "./signing-key.ts";

/** What a change of keys needs. */
export interface RotationContext {
  readonly store: Store;
  readonly clock: Clock;
  readonly audit: AuditSink<KeyEvent>;
  /** Learns of a next key that was made with another secret. */
  readonly onError: (error: unknown) => void;
  readonly times: KeyTimes;
  /** The key that private keys are sealed under. */
  readonly sealingKey: Uint8Array;
  /** Identifies this server among those on the store. */
  readonly holder: string;
}

/** The key that signs and the one after it. The secret opens both. */
export interface CurrentKeys {
  readonly active: SigningKeyRecord;
  readonly next: SigningKeyRecord;
}

/** How often the next key is looked for when other servers change it at the same time. */
const MAX_ATTEMPTS = 5;

/**
 * Make an active and a next key where there is none. Of servers that start together, one makes both.
 *
 * @throws WrongSecretError when the secret is not the one of the keys that are there; then nothing has changed
 */
export async function createFirstKeys(context: RotationContext): Promise<void> {
  const { store, clock, audit, sealingKey } = context;
  const known = await listSigningKeys(store);
  if (inState(known, "active") !== undefined) {
    return;
  }
  for (const key of known.filter(({ state }) => state !== "removed")) {
    assertOpens(context, key);
  }
  const nowMs = clock.nowMs();
  const active = await generateSigningKey(sealingKey, "active", nowMs);
  const next = await generateSigningKey(sealingKey, "next", nowMs);
  if (await insertFirstKeys(store, { active, next })) {
    audit.record({ type: "key_activated", keyId: active.kid, reason: "first" });
  }
}

/**
 * Read the key that signs and the next one, and open both before anything is written: who has the wrong secret changes
 * no key. A next key that was made with another secret would be of no use once it signs: another takes its place.
 *
 * @throws WrongSecretError when the secret is not the one of the key that signs
 */
export async function openCurrentKeys(context: RotationContext): Promise<CurrentKeys> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const keys = await listSigningKeys(context.store);
    const [active, next] = [inState(keys, "active"), inState(keys, "next")];
    if (active === undefined) {
      throw new Error("the store has no active signing key: start a server on it first");
    }
    assertOpens(context, active);
    if (next !== undefined && isSealedUnder(context.sealingKey, next)) {
      return { active, next };
    }
    await fillNext(context, next);
  }
  throw new Error("other servers change the keys at the same time");
}

/** Publish a key of this secret where there is none, or in place of one that it does not open. */
async function fillNext(context: RotationContext, foreign: SigningKeyRecord | undefined): Promise<void> {
  const { store, clock, audit, sealingKey, onError } = context;
  const successor = await generateSigningKey(sealingKey, "next", clock.nowMs());
  if (foreign === undefined) {
    await insertSigningKey(store, successor);
    return;
  }
  if (await replaceNextKey(store, { kid: foreign.kid, successor })) {
    audit.record({ type: "key_removed", keyId: foreign.kid, reason: "wrong_secret" });
    const why = "was made with another secret: another key takes its place";
    onError(new Error(`the next signing key ${foreign.kid} ${why}`));
  }
}

function assertOpens({ sealingKey }: RotationContext, key: SigningKeyRecord): void {
  if (!isSealedUnder(sealingKey, key)) {
    throw new WrongSecretError();
  }
}

function inState(keys: readonly SigningKeyRecord[], state: SigningKeyState): SigningKeyRecord | undefined {
  return keys.find((key) => key.state === state);
}
