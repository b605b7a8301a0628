import { createHmac } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  RevocationDimension,
  type RevocationSchema,
} from "@countersign/gen/countersign/auth/v1/signal_pb.js";
import { ISSUED_AT_MS, type tokenOf } from "../revoked/tokens.ts";

const ISSUER = "https://a.test";
const UUID = "0190f2a1-7c3b-7def-8123-456789abcdef";

/** The key of the hashes of subjects. */
export const SUBJECT_KEY = new Uint8Array(32).fill(7);

/** A revocation, as a hub writes it. */
export type RevocationInit = MessageInitShape<typeof RevocationSchema>;

/** A revocation of ten minutes, with some members changed. */
export const revocationOf = (more: RevocationInit): RevocationInit => ({
  dimension: RevocationDimension.SUB,
  issuer: ISSUER,
  match: { case: "value", value: "nobody" },
  expiresAtMs: BigInt(ISSUED_AT_MS + 600_000),
  ...more,
});
const hashOf = (subject: string) =>
  createHmac("sha256", SUBJECT_KEY).update(subject).digest().subarray(0, 16);

/** What one revocation says, and what a token must have to be covered: all others are spared. */
interface RevocationCase {
  readonly what: string;
  readonly revocation: RevocationInit;
  readonly covered: Parameters<typeof tokenOf>[0];
  readonly spared: Parameters<typeof tokenOf>[0];
}

const { SID, SUB, JTI, CLIENT_ID, KID } = RevocationDimension;
const value = (text: string) => ({ case: "value", value: text }) as const;

export const REVOCATION_CASES: readonly RevocationCase[] = [
  {
    what: "sid",
    revocation: revocationOf({ dimension: SID, match: value("s") }),
    covered: { sessionId: "s" },
    spared: { subject: "s" },
  },
  {
    what: "sub",
    revocation: revocationOf({ dimension: SUB, match: value("s") }),
    covered: { subject: "s" },
    spared: { sessionId: "s" },
  },
  {
    what: "the subject of tokens without sid",
    revocation: revocationOf({ dimension: SID, match: value("\u0001s") }),
    covered: { subject: "s", sessionId: undefined },
    spared: { subject: "s" },
  },
  {
    what: "jti",
    revocation: revocationOf({ dimension: JTI, match: value("s") }),
    covered: { tokenId: "s" },
    spared: { subject: "s" },
  },
  {
    what: "client_id",
    revocation: revocationOf({ dimension: CLIENT_ID, match: value("s") }),
    covered: { clientId: "s" },
    spared: { subject: "s" },
  },
  {
    what: "kid",
    revocation: revocationOf({ dimension: KID, match: value("s") }),
    covered: { keyId: "s" },
    spared: { subject: "s" },
  },
  {
    what: "a UUID of 16 bytes",
    revocation: revocationOf({
      dimension: SID,
      match: { case: "uuid", value: Buffer.from(UUID.replaceAll("-", ""), "hex") },
    }),
    covered: { sessionId: UUID },
    spared: { sessionId: UUID.toUpperCase() },
  },
  {
    what: "the hash of a subject",
    revocation: revocationOf({ match: { case: "valueHash", value: hashOf("ada") } }),
    covered: { subject: "ada" },
    spared: { subject: "eve", sessionId: "ada" },
  },
  {
    what: "another issuer",
    revocation: revocationOf({ issuer: "https://b.test", match: value("s") }),
    covered: { subject: "s", issuer: "https://b.test" },
    spared: { subject: "s" },
  },
  {
    what: "every issuer",
    revocation: revocationOf({ issuer: "", match: value("s") }),
    covered: { subject: "s", issuer: "https://c.test" },
    spared: { subject: "t" },
  },
  {
    what: "what was issued before",
    revocation: revocationOf({ match: value("s"), beforeMs: BigInt(ISSUED_AT_MS) }),
    covered: { subject: "s" },
    spared: { subject: "s", issuedAtSeconds: ISSUED_AT_MS / 1_000 + 1 },
  },
  // What this server cannot tell apart covers all tokens of the issuer.
  {
    what: "a dimension that is not known",
    revocation: revocationOf({ dimension: 77 as RevocationDimension, match: value("s") }),
    covered: { subject: "anyone" },
    spared: { issuer: "https://b.test" },
  },
  {
    what: "no dimension, and a moment",
    revocation: revocationOf({ dimension: 0, beforeMs: BigInt(ISSUED_AT_MS) }),
    covered: {},
    spared: { issuedAtSeconds: ISSUED_AT_MS / 1_000 + 1 },
  },
  {
    what: "a match that is not known",
    revocation: { ...revocationOf({}), match: { case: undefined } },
    covered: { subject: "anyone" },
    spared: { issuer: "https://b.test" },
  },
  {
    what: "a UUID that is none",
    revocation: revocationOf({ dimension: SID, match: { case: "uuid", value: new Uint8Array(15) } }),
    covered: { sessionId: "anything" },
    spared: { issuer: "https://b.test" },
  },
  {
    what: "the hash of what is no subject",
    revocation: revocationOf({ dimension: SID, match: { case: "valueHash", value: hashOf("ada") } }),
    covered: { sessionId: "anything" },
    spared: { issuer: "https://b.test" },
  },
  {
    what: "changed claims that are no JSON",
    revocation: revocationOf({ match: value("s"), changedClaims: "{" }),
    covered: { subject: "s" },
    spared: { subject: "t" },
  },
  {
    what: "changed claims that are no object",
    revocation: revocationOf({ match: value("s"), changedClaims: "[]" }),
    covered: { subject: "s" },
    spared: { subject: "t" },
  },
  {
    what: "changed claims of a dimension that is not known",
    revocation: revocationOf({ dimension: 77 as RevocationDimension, changedClaims: "{}" }),
    covered: { subject: "anyone" },
    spared: { issuer: "https://b.test" },
  },
];
