import type { Revocation } from "@countersign/gen/countersign/auth/v1/signal_pb.js";
import { RevocationDimension as WireDimension } from "@countersign/gen/countersign/auth/v1/signal_pb.js";
import { toHex } from "../kernel/hex.ts";
import type { RevocationDimension, Revoked } from "../revoked/revoked.ts";

/** A revocation as a hub sends it. */
export interface ReceivedRevocation {
  /** By a value, or by the keyed hash of a subject, as hexadecimal text. */
  readonly kind: "value" | "subject_hash";
  readonly revoked: Revoked;
}

const DIMENSIONS: Readonly<Record<number, RevocationDimension | undefined>> = {
  [WireDimension.SID]: "sid",
  [WireDimension.SUB]: "sub",
  [WireDimension.JTI]: "jti",
  [WireDimension.CLIENT_ID]: "client_id",
  [WireDimension.KID]: "kid",
};

const UUID_BYTES = 16;
const HASH_BYTES = 16;

/**
 * Read a revocation. One that a newer hub has written and this server does not understand covers all tokens of its issuer:
 * it must not be passed over.
 *
 * @param hasSubjectKey whether the hub has said which key it hashes subjects with
 */
export function toRevoked(
  { dimension: number, issuer, match, beforeMs, expiresAtMs, changedClaims }: Revocation,
  hasSubjectKey: boolean,
): ReceivedRevocation {
  const dimension = DIMENSIONS[number];
  const common = {
    issuer: issuer === "" ? undefined : issuer,
    beforeMs: beforeMs === undefined ? undefined : Number(beforeMs),
    expiresAtMs: Number(expiresAtMs),
    ...(changedClaims === undefined ? {} : readChangedClaims(changedClaims)),
  };
  if (dimension !== undefined && match.case === "value") {
    return { kind: "value", revoked: { dimension, value: match.value, ...common } };
  }
  if (dimension !== undefined && match.case === "uuid" && match.value.length === UUID_BYTES) {
    return { kind: "value", revoked: { dimension, value: toUuid(match.value), ...common } };
  }
  const isHash = match.case === "valueHash" && match.value.length === HASH_BYTES;
  if (dimension === "sub" && isHash && hasSubjectKey) {
    return { kind: "subject_hash", revoked: { dimension, value: toHex(match.value), ...common } };
  }
  return {
    kind: "value",
    revoked: { ...common, dimension: "every_token", value: "", changedClaims: undefined },
  };
}

/** What is no object of claims changes nothing, and revokes the tokens: something about them is different. */
function readChangedClaims(text: string): Pick<Revoked, "changedClaims"> {
  try {
    const claims: unknown = JSON.parse(text);
    return isObject(claims) ? { changedClaims: claims } : {};
  } catch {
    return {};
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Write the 16 bytes of a UUID as its text (RFC 9562 §4). */
function toUuid(bytes: Uint8Array): string {
  const hex = toHex(bytes);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
