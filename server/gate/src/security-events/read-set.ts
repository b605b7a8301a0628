import { type Claims, ownMember } from "../authenticate/claim-source.ts";
import { oneOf } from "../errors/facts.ts";
import { SetError } from "./set-error.ts";

/** What a security event token must say to be meant for this server. */
export interface SetRules {
  /** Claim `aud` has one of these. */
  readonly audiences: readonly string[];
  /** How far the clocks may lie apart, in seconds. */
  readonly toleranceSeconds: number;
}

/** A security event token, read. */
export interface SecurityEventToken {
  /** Its name: no other of its transmitter has it. */
  readonly id: string;
  /** When it was issued, in seconds since 1970. */
  readonly issuedAtSeconds: number;
  /** Claim `sub_id`. */
  readonly subject: unknown;
  /** Its events, by their types. There is at least one. */
  readonly events: readonly SecurityEvent[];
}

/** One event of a token. */
export interface SecurityEvent {
  /** The URI of its type. */
  readonly type: string;
  /** What stands under it. */
  readonly event: unknown;
}

const MAX_ID_LENGTH = 512;
/** A token has one event, or one under several names. */
const MAX_EVENTS = 8;

/**
 * Read the claims of a security event token whose signature is good ([RFC 8417 §2.2](https://www.rfc-editor.org/rfc/rfc8417#section-2.2), as the
 * Shared Signals Framework 1.0 profiles it): `sub_id` at the top, and neither `sub` nor `exp`, so that no other token can pass
 * for one.
 *
 * @throws SetError when it is not one, or not for this server
 */
export function readSet(
  claims: Claims,
  { audiences, toleranceSeconds }: SetRules,
  nowSeconds: number,
): SecurityEventToken {
  if (!toList(claims.aud).some((name) => audiences.includes(name))) {
    throw new SetError("invalid_audience", "aud does not name this receiver", {
      check: "audience",
      expected: () => oneOf(audiences),
      got: claims.aud,
    });
  }
  const foreign = ["exp", "sub"].find((name) => Object.hasOwn(claims, name));
  if (foreign !== undefined) {
    throw invalid(`a security event token must not have ${foreign}`);
  }
  return {
    id: readId(claims.jti),
    issuedAtSeconds: readIssuedAt(claims.iat, nowSeconds + toleranceSeconds),
    subject: readPresent(claims, "sub_id"),
    events: readEvents(claims.events),
  };
}

/**
 * Find until when the tokens were granted that an event is about, in milliseconds since 1970: when it happened, and no later
 * than it was told. Some transmitters write milliseconds, or what is yet to come.
 */
export function endOf({ event }: SecurityEvent, { issuedAtSeconds }: SecurityEventToken): number {
  const happened = ownMember(event, "event_timestamp");
  const isTime = typeof happened === "number" && happened > 0;
  return (isTime ? Math.min(happened, issuedAtSeconds) : issuedAtSeconds) * 1_000;
}

function toList(aud: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  return list.filter((name) => typeof name === "string");
}

function readId(jti: unknown): string {
  if (typeof jti !== "string" || jti === "" || jti.length > MAX_ID_LENGTH) {
    throw invalid(`jti must be text of 1 to ${MAX_ID_LENGTH} characters`);
  }
  return jti;
}

function readIssuedAt(iat: unknown, latestSeconds: number): number {
  if (typeof iat !== "number" || !(iat > 0)) {
    throw invalid("iat must be a time");
  }
  if (iat > latestSeconds) {
    throw invalid("iat lies in the future: the clocks lie too far apart");
  }
  return iat;
}

function readPresent(claims: Claims, name: string): unknown {
  const value = ownMember(claims, name);
  if (value === undefined) {
    throw invalid(`${name} is missing`);
  }
  return value;
}

function readEvents(events: unknown): readonly SecurityEvent[] {
  const isObject = typeof events === "object" && events !== null && !Array.isArray(events);
  const entries: readonly (readonly [string, unknown])[] = isObject ? Object.entries(events) : [];
  if (entries.length === 0 || entries.length > MAX_EVENTS) {
    throw invalid(`events must be an object with 1 to ${MAX_EVENTS} events`);
  }
  if (entries.some(([, event]) => typeof event !== "object" || event === null || Array.isArray(event))) {
    throw invalid("each event must be an object");
  }
  return entries.map(([type, event]) => ({ type, event }));
}

function invalid(rule: string): SetError {
  return new SetError("invalid_request", rule);
}
