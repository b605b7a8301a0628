import { type NewRevocation, OWN_ISSUER, type RevocationDimension } from "../store/revocations.ts";

/** The event that something was revoked, by whichever of these it goes by. */
export interface RevocationEvent {
  readonly type: "revoked";
  readonly sessionId?: string;
  readonly subject?: string;
  readonly tokenId?: string;
  readonly clientId?: string;
  readonly keyId?: string;
  /** Whose tokens, where that is another issuer than our own. */
  readonly externalIssuer?: string;
  /** Why. */
  readonly reason: string;
}

/** Takes the events. It must not throw, and returns at once. */
export interface RevocationAudit {
  record(event: RevocationEvent): void;
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
  return { type: "revoked", [MEMBERS[dimension]]: value, ...external, reason };
}
