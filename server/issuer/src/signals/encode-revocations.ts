import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  RevocationDimension,
  type RevocationSchema,
  type WatchResponse,
  WatchResponseSchema,
} from "@countersign/gen/countersign/auth/v1/signal_pb.js";
import { createEncodedMessage, subjectWithoutSession } from "@countersign/server/internal";
import { OWN_ISSUER, type RevocationRecord } from "../store/revocations.ts";

/** What is sent of a revocation. */
export type SentRevocation = Pick<
  RevocationRecord,
  "beforeMs" | "changedClaims" | "dimension" | "expiresAtMs" | "issuer" | "value"
>;

/** How revocations are written. */
export interface RevocationEncoding {
  /** The name of the issuer that the store belongs to. */
  readonly issuer: string;
  /** Hashes a subject. Absent: subjects are sent as they are. */
  readonly hashSubject?: ((subject: string) => Uint8Array) | undefined;
}

const DIMENSIONS = {
  sid: RevocationDimension.SID,
  sub: RevocationDimension.SUB,
  jti: RevocationDimension.JTI,
  client_id: RevocationDimension.CLIENT_ID,
  kid: RevocationDimension.KID,
  every_token: RevocationDimension.UNSPECIFIED,
} as const satisfies Record<RevocationRecord["dimension"], RevocationDimension>;

/**
 * Encode revocations, once for all that they are sent to.
 *
 * @param cursor up to where all is known with these; 0: they have no place in the history
 */
export function encodeRevocations(
  revocations: readonly SentRevocation[],
  cursor: bigint,
  encoding: RevocationEncoding,
): WatchResponse {
  const sent = revocations.map((revocation) => toSent(revocation, encoding));
  return encode({ case: "revocations", value: { cursor, revocations: sent } });
}

/** Encode any message of the feed. */
export function encode(
  kind: NonNullable<MessageInitShape<typeof WatchResponseSchema>["kind"]>,
): WatchResponse {
  return createEncodedMessage(
    WatchResponseSchema,
    toBinary(WatchResponseSchema, create(WatchResponseSchema, { kind })),
  );
}

function toSent(
  { issuer, dimension, value, beforeMs, expiresAtMs, changedClaims }: SentRevocation,
  encoding: RevocationEncoding,
): MessageInitShape<typeof RevocationSchema> {
  return {
    ...toTarget({ dimension, value }, encoding),
    issuer: issuer === OWN_ISSUER ? encoding.issuer : (issuer ?? ""),
    ...(beforeMs === undefined || beforeMs === Infinity ? {} : { beforeMs: BigInt(beforeMs) }),
    expiresAtMs: BigInt(expiresAtMs),
    ...(changedClaims === undefined ? {} : { changedClaims: JSON.stringify(changedClaims) }),
  };
}

/** A UUID as RFC 9562 §4 writes it, in lower case: what is written otherwise would not be the same text again. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function toTarget(
  { dimension, value }: Pick<SentRevocation, "dimension" | "value">,
  { hashSubject }: RevocationEncoding,
): Pick<MessageInitShape<typeof RevocationSchema>, "dimension" | "match"> {
  if (dimension === "every_token") {
    // What its value is, this release does not know: it may be a subject.
    return { dimension: DIMENSIONS.every_token };
  }
  const subject = dimension === "sub" ? value : subjectWithoutSession({ dimension, value });
  if (subject !== undefined && hashSubject !== undefined) {
    // Of tokens without a session, all of the subject: a hash of another thing than a subject is not understood.
    return {
      dimension: RevocationDimension.SUB,
      match: { case: "valueHash", value: hashSubject(subject) },
    };
  }
  const match = UUID.test(value)
    ? ({ case: "uuid", value: Buffer.from(value.replaceAll("-", ""), "hex") } as const)
    : ({ case: "value", value } as const);
  return { dimension: DIMENSIONS[dimension], match };
}
