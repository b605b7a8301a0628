import type { NewRevocation, RevocationDimension } from "../store/revocations.ts";

/** What is to be revoked: exactly one of these. */
export type RevocationTarget =
  /** All access tokens of a session. Its refresh token is not touched: end the session for that. */
  | { readonly sid: string }
  /** The access tokens of a subject, of whichever issuer. */
  | { readonly sub: string }
  /** One access token. */
  | { readonly jti: string }
  /** The access tokens of a client, of whichever issuer. */
  | { readonly clientId: string }
  /** All that a key has signed, of whichever issuer. */
  | { readonly kid: string };

/** An order to revoke access tokens. */
export type RevocationOrder = RevocationTarget & {
  /**
   * Only tokens that were issued before this moment, or in the same second. Default: now for `sub` and `clientId`,
   * which go on to get good tokens; for the others, all tokens whenever they were issued.
   */
  readonly before?: Date;
  /** Why, in a word or two for the audit trail. Default: `revoked`. */
  readonly reason?: string;
};

const TARGETS = [
  { name: "sid", dimension: "sid", isReused: false },
  { name: "sub", dimension: "sub", isReused: true },
  { name: "jti", dimension: "jti", isReused: false },
  { name: "clientId", dimension: "client_id", isReused: true },
  { name: "kid", dimension: "kid", isReused: false },
] as const satisfies readonly { name: string; dimension: RevocationDimension; isReused: boolean }[];

/** Longer than any claim that fits into a token. */
const MAX_VALUE_LENGTH = 8_192;

/**
 * Write an order out.
 *
 * @throws TypeError when it does not name exactly one thing, or its time is none
 */
export function toNewRevocation(order: RevocationOrder, nowMs: number): NewRevocation {
  const values = new Map<string, unknown>(Object.entries(order));
  const [target, ...others] = TARGETS.filter(({ name }) => values.get(name) !== undefined);
  const value = target === undefined ? undefined : values.get(target.name);
  if (target === undefined || others.length > 0 || typeof value !== "string") {
    throw new TypeError("a revocation names exactly one of sid, sub, jti, clientId and kid");
  }
  if (value === "" || value.length > MAX_VALUE_LENGTH) {
    throw new TypeError(`${target.name} must have 1 to ${MAX_VALUE_LENGTH} characters`);
  }
  const beforeMs = order.before?.getTime() ?? (target.isReused ? nowMs : undefined);
  if (Number.isNaN(beforeMs)) {
    throw new TypeError("before must be a valid date");
  }
  return {
    dimension: target.dimension,
    value,
    beforeMs,
    revokedAtMs: nowMs,
    reason: order.reason ?? "revoked",
  };
}
