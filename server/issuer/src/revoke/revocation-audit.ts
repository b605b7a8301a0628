import type { RevocationEvent } from "@countersign/server/internal";
import { type NewRevocation, OWN_ISSUER, type RevocationDimension } from "../store/revocations.ts";

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
