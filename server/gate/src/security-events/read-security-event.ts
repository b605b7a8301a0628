import type { ProvenToken } from "../authenticate/prove-token.ts";
import type { TokenKind } from "../authenticate/token-kind.ts";
import type { LogoutRevocation } from "../logouts/logout.ts";
import type { ReadEvent } from "../logouts/take-event.ts";
import { EXPIRY_MARGIN_MS } from "../logouts/to-revoked.ts";
import { effectOf, toEventName } from "./event-types.ts";
import { readSet, type SecurityEventToken } from "./read-set.ts";
import { SetError } from "./set-error.ts";
import { assertState, describeStatus } from "./stream-events.ts";
import { toRevocations } from "./to-revocations.ts";
import type { Transmitter } from "./transmitter.ts";

/** A security event token ([RFC 8417](https://www.rfc-editor.org/rfc/rfc8417)). Its type tells what it is. */
export const SECURITY_EVENT: TokenKind = { name: "a security event token" };

/** The time that an event is held against. */
export interface EventClock {
  readonly nowMs: number;
  /** How far the clocks of transmitter and server may lie apart, in seconds. */
  readonly toleranceSeconds: number;
}

/**
 * Read what a security event whose signature is good means for tokens.
 *
 * @throws SetError when it is no good, or of another transmitter
 */
export async function readSecurityEvent(
  { claims, issuer }: Pick<ProvenToken, "claims" | "issuer">,
  transmitter: Transmitter,
  { nowMs, toleranceSeconds }: EventClock,
): Promise<ReadEvent> {
  if (issuer !== transmitter.trusted) {
    throw new SetError("invalid_issuer", "it comes from another transmitter than that which has signed it");
  }
  const set = readSet(claims, { audiences: issuer.audiences, toleranceSeconds }, nowMs / 1_000);
  const { id, issuedAtSeconds, events } = set;
  const { revocations, note } = await readEffects(set, transmitter);
  return {
    tokenId: id,
    // It never expires: once the tokens have that it is about, it has no effect any more.
    expiresAtMs:
      Math.max(nowMs, issuedAtSeconds * 1_000) + transmitter.maxTokenLifeSeconds * 1_000 + EXPIRY_MARGIN_MS,
    revocations,
    event: toEventName(events[0]?.type ?? ""),
    note,
  };
}

type Effects = Pick<ReadEvent, "note" | "revocations">;

async function readEffects(set: SecurityEventToken, transmitter: Transmitter): Promise<Effects> {
  const revocations: LogoutRevocation[] = [];
  let note: string | undefined;
  for (const event of set.events) {
    const effect = effectOf(event.type, event.event);
    if (effect === "verify_stream") {
      await assertState(event, transmitter);
    } else if (effect === "update_stream") {
      note = describeStatus(event);
    } else if (effect !== "none") {
      const named = toRevocations({ ...event, effect }, set, transmitter);
      note = named.length === 0 ? "it names nothing that access tokens name, and has no effect" : note;
      revocations.push(...named);
    }
  }
  return { revocations, note };
}
