import { recordedAccessLifeMs } from "../store/access-lives.ts";
import { acquireLease } from "../store/leases.ts";
import {
  promoteSigningKey,
  removeRetiredKeys,
  removeSigningKey,
  type SigningKeyRecord,
} from "../store/signing-keys.ts";
import { type CurrentKeys, openCurrentKeys, type RotationContext } from "./current-keys.ts";
import { generateSigningKey, isSealedUnder } from "./signing-key.ts";

/** How long one server has to rotate before another tries, in milliseconds. */
const LEASE_MS = 60_000;

/**
 * Check whether keys are such that none is due for a change. Nearly always: so the poll of a server is one statement, and
 * only where this is false do {@link rotateIfDue} and {@link removeExpiredKeys} ask more.
 */
export function isSettled(context: RotationContext, keys: readonly SigningKeyRecord[]): boolean {
  const nowMs = context.clock.nowMs();
  const { retireForMs } = context.times;
  const next = keys.find(({ state }) => state === "next");
  return (
    next !== undefined &&
    isSealedUnder(context.sealingKey, next) &&
    !keys.some(
      (key) =>
        (key.state === "active" && hasSignedLongEnough(context, key)) ||
        (key.state === "retired" && (key.retiredAtMs ?? 0) < nowMs - retireForMs),
    )
  );
}

/**
 * Rotate when the active key has signed long enough and the next was published long enough, unless another server
 * is at it.
 */
export async function rotateIfDue(context: RotationContext): Promise<void> {
  const { store, holder } = context;
  const nowMs = context.clock.nowMs();
  const { active, next } = await openCurrentKeys(context);
  if (!hasSignedLongEnough(context, active) || !isPublishedLongEnough(context, next)) {
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
  const { active, next } = await openCurrentKeys(context);
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
  // The next key may have to sign from now on.
  await openCurrentKeys(context);
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

async function promote(
  context: RotationContext,
  { active, next }: CurrentKeys,
  reason: string,
): Promise<boolean> {
  const nowMs = context.clock.nowMs();
  const successor = await generateSigningKey(context.sealingKey, "next", nowMs);
  const promotion = { activeKid: active.kid, nextKid: next.kid, successor, nowMs };
  const isPromoted = await promoteSigningKey(context.store, promotion);
  if (isPromoted) {
    context.audit.record({ type: "key_activated", keyId: next.kid, reason });
  }
  return isPromoted;
}

function hasSignedLongEnough({ clock, times }: RotationContext, active: SigningKeyRecord): boolean {
  const nowMs = clock.nowMs();
  return nowMs - (active.activeAtMs ?? nowMs) >= times.rotateAfterMs;
}

function isPublishedLongEnough({ clock, times }: RotationContext, next: SigningKeyRecord): boolean {
  return clock.nowMs() - next.createdAtMs >= times.publishBeforeMs;
}
