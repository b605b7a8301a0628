import type { RevocationDimension, RevocationEvent } from "@countersign/server/internal";
import { MAX_ACCESS_LIFE_MS } from "../store/access-lives.ts";
import { type NewRevocation, OWN_ISSUER } from "../store/revocations.ts";

/** What is to be revoked: exactly one of these. */
export type RevocationTarget =
  /** All access tokens of a session. Its refresh token is not touched: end the session for that. */
  | { readonly sid: string }
  /** The access tokens of a subject. */
  | { readonly sub: string }
  /** One access token. */
  | { readonly jti: string }
  /** The access tokens of a client. */
  | { readonly clientId: string }
  /** All that a key has signed. */
  | { readonly kid: string };

/** An order to revoke access tokens. */
export type RevocationOrder = RevocationTarget & {
  /**
   * Whose tokens: the value of claim `iss`; empty: those of the issuer that the database belongs to. Two issuers may
   * use the same identifier for different things. Default: with `createIssuer` those of that issuer, with
   * `createRevocations` the tokens of every issuer.
   */
  readonly issuer?: string;
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

/** What is known of the server that carries an order out. */
export interface OrderContext {
  readonly nowMs: number;
  /** The name of the issuer that the store belongs to, if it is known. */
  readonly issuer?: string | undefined;
  /** How long tokens last here; undefined: this server grants none. */
  readonly accessTtlMs?: number | undefined;
  /** Whether tokens of other issuers are accepted where the store is asked. */
  readonly acceptsOtherIssuers?: boolean | undefined;
}

/**
 * Write an order out.
 *
 * @throws TypeError when it does not name exactly one thing, or its time is none
 */
export function toNewRevocation(order: RevocationOrder, context: OrderContext): NewRevocation {
  const { nowMs } = context;
  const target = readTarget(order);
  const beforeMs = order.before?.getTime() ?? (target.isReused ? nowMs : undefined);
  if (Number.isNaN(beforeMs)) {
    throw new TypeError("before must be a valid date");
  }
  const issuer = order.issuer === context.issuer && order.issuer !== undefined ? OWN_ISSUER : order.issuer;
  // Other issuers do not say how long their tokens last: as long as is accepted by default.
  const isOurs = issuer === undefined && context.acceptsOtherIssuers !== true;
  const isKnown = issuer === OWN_ISSUER || (isOurs && context.accessTtlMs !== undefined);
  return {
    issuer,
    dimension: target.dimension,
    value: target.value,
    beforeMs,
    revokedAtMs: nowMs,
    reason: order.reason ?? "revoked",
    minLifeMs: isKnown ? undefined : MAX_ACCESS_LIFE_MS,
  };
}

/** @throws TypeError when an order does not name exactly one thing */
function readTarget(order: RevocationOrder): (typeof TARGETS)[number] & { readonly value: string } {
  const values = new Map<string, unknown>(Object.entries(order));
  const [target, ...others] = TARGETS.filter(({ name }) => values.get(name) !== undefined);
  const value = target === undefined ? undefined : values.get(target.name);
  if (target === undefined || others.length > 0 || typeof value !== "string") {
    throw new TypeError("a revocation names exactly one of sid, sub, jti, clientId and kid");
  }
  if (value === "" || value.length > MAX_VALUE_LENGTH) {
    throw new TypeError(`${target.name} must have 1 to ${MAX_VALUE_LENGTH} characters`);
  }
  if (order.issuer !== undefined && typeof order.issuer !== "string") {
    throw new TypeError("issuer must be a string");
  }
  return { ...target, value };
}

const MEMBERS = {
  sid: "sessionId",
  sub: "subject",
  jti: "tokenId",
  client_id: "clientId",
  kid: "keyId",
} as const satisfies Record<RevocationDimension, keyof RevocationEvent>;

/** Make the event of a revocation. */
export function toAuditEvent({ issuer, dimension, value, reason }: NewRevocation): RevocationEvent {
  const external = issuer === undefined || issuer === OWN_ISSUER ? {} : { externalIssuer: issuer };
  const named = dimension === "every_token" ? {} : { [MEMBERS[dimension]]: value };
  return { type: "revoked", ...named, ...external, reason };
}
