import type { AuditSink, Clock } from "@countersign/server";
import type { KeyEvent } from "@countersign/server/internal";
import { recordedAccessLifeMs } from "../store/access-lives.ts";
import type { Store } from "../store/database.ts";
import { acquireLease } from "../store/leases.ts";
import {
  insertSigningKey,
  listSigningKeys,
  promoteSigningKey,
  removeRetiredKeys,
  removeSigningKey,
  type SigningKeyRecord,
  type SigningKeyState,
} from "../store/signing-keys.ts";
import type { KeyTimes } from "./key-times.ts";
import { generateSigningKey } from "./signing-key.ts";

/** What a change of keys needs. */
export interface RotationContext {
  readonly store: Store;
  readonly clock: Clock;
  readonly audit: AuditSink<KeyEvent>;
  readonly times: KeyTimes;
  /** The key that private keys are sealed under. */
  readonly sealingKey: Uint8Array;
  /** Identifies this server among those on the store. */
  readonly holder: string;
}

/** How long one server has to rotate before another tries, in milliseconds. */
const LEASE_MS = 60_000;

/** Make an active and a next key where there are none. Of servers that start together, one makes them. */
export async function createFirstKeys(context: RotationContext): Promise<void> {
  const { store, clock, audit, sealingKey } = context;
  const known = await listSigningKeys(store);
  for (const state of ["active", "next"] as const) {
    if (inState(known, state) !== undefined) {
      continue;
    }
    const key = await generateSigningKey(sealingKey, state, clock.nowMs());
    const wasAdded = await insertSigningKey(store, key);
    if (wasAdded && state === "active") {
      audit.record({ type: "key_activated", keyId: key.kid, reason: "first" });
    }
  }
}

/**
 * Rotate when the active key has signed long enough and the next was published long enough, unless another server
 * is at it.
 */
export async function rotateIfDue(context: RotationContext): Promise<void> {
  const { store, holder } = context;
  const nowMs = context.clock.nowMs();
  const { active, next } = pick(await listSigningKeys(store));
  const isOld = nowMs - (active.activeAtMs ?? nowMs) >= context.times.rotateAfterMs;
  if (!isOld || !isPublishedLongEnough(context, next)) {
    return;
  }
  if (await acquireLease(store, { name: "rotate_keys", holder, ttlMs: LEASE_MS, nowMs })) {
    await promote(context, { active, next }, "scheduled");
  }
}

/** The next key was published too short a time ago: verifiers may not know it. */
export class KeyTooNewError extends Error {
  override readonly name = "KeyTooNewError";
  /** From when on all verifiers know it, as a time of ISO 8601. */
  readonly readyAt: string;

  constructor(readyAt: string) {
    super(`the next key is known to all verifiers only from ${readyAt}: wait, or rotate with force: true`);
    this.readyAt = readyAt;
  }
}

/**
 * Rotate now.
 *
 * @returns the key that signs from now on
 * @throws KeyTooNewError when verifiers may not know the next key yet and `force` is not set
 */
export async function rotateKeys(context: RotationContext, force: boolean): Promise<string> {
  const { active, next } = pick(await listSigningKeys(context.store));
  if (!force && !isPublishedLongEnough(context, next)) {
    const readyAt = new Date(next.createdAtMs + context.times.publishBeforeMs).toISOString();
    throw new KeyTooNewError(readyAt);
  }
  const isPromoted = await promote(context, { active, next }, "requested");
  if (!isPromoted) {
    throw new Error("another server rotated the keys at the same time");
  }
  return next.kid;
}

/**
 * Remove a key that may have been stolen: all that it signed is refused from now on, and if it was the one that
 * signs, the next one does.
 *
 * @returns the key that signs from now on
 * @throws Error when there is no such key, or it was removed before
 */
export async function removeCompromised(context: RotationContext, kid: string): Promise<string> {
  const { store, audit, clock } = context;
  const nowMs = clock.nowMs();
  const successor = await generateSigningKey(context.sealingKey, "next", nowMs);
  const removal = await removeSigningKey(store, { kid, successor, nowMs });
  if (removal === undefined) {
    throw new Error("there is no such key that could be removed");
  }
  audit.record({ type: "key_removed", keyId: kid, reason: "compromised" });
  return removal.activeKid;
}

/** Remove the keys that no valid token can be signed with any more. */
export async function removeExpiredKeys({ store, clock, audit, times }: RotationContext): Promise<void> {
  const nowMs = clock.nowMs();
  // Tokens of another server on the store may last longer than those of this one.
  const longestMs = (await recordedAccessLifeMs(store.db, nowMs)) ?? times.accessTtlMs;
  const retireForMs = times.retireForMs + Math.max(0, longestMs - times.accessTtlMs);
  for (const keyId of await removeRetiredKeys(store, nowMs - retireForMs)) {
    audit.record({ type: "key_removed", keyId });
  }
}

interface Guard {
  readonly active: SigningKeyRecord;
  readonly next: SigningKeyRecord;
}

async function promote(context: RotationContext, { active, next }: Guard, reason: string): Promise<boolean> {
  const nowMs = context.clock.nowMs();
  const successor = await generateSigningKey(context.sealingKey, "next", nowMs);
  const promotion = { activeKid: active.kid, nextKid: next.kid, successor, nowMs };
  const isPromoted = await promoteSigningKey(context.store, promotion);
  if (isPromoted) {
    context.audit.record({ type: "key_activated", keyId: next.kid, reason });
  }
  return isPromoted;
}

function isPublishedLongEnough({ clock, times }: RotationContext, next: SigningKeyRecord): boolean {
  return clock.nowMs() - next.createdAtMs >= times.publishBeforeMs;
}

function pick(keys: readonly SigningKeyRecord[]): Guard {
  const [active, next] = [inState(keys, "active"), inState(keys, "next")];
  if (active === undefined || next === undefined) {
    throw new Error("the store has no active and next signing key: start a server on it first");
  }
  return { active, next };
}

function inState(keys: readonly SigningKeyRecord[], state: SigningKeyState): SigningKeyRecord | undefined {
  return keys.find((key) => key.state === state);
}
