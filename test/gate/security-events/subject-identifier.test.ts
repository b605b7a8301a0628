import { describe, expect, test } from "vitest";
import { readSubject } from "../../../server/gate/src/security-events/subject-identifier.ts";
import { notEmpty } from "../../support/not-empty.ts";

const ISSUER = "https://login.example.com";
const OTHER = "https://other.example.com";

const user = { format: "iss_sub", iss: ISSUER, sub: "ada" };
const session = { format: "opaque", id: "s-1" };
const tenant = { format: "opaque", id: "acme" };

interface Case {
  readonly what: string;
  readonly subject: unknown;
  /** As `dimension=value`; undefined: it is no subject identifier. */
  readonly ofSession: readonly string[] | undefined;
  /** Default: the same. */
  readonly ofAccount?: readonly string[] | undefined;
}

const CASES: readonly Case[] = [
  { what: "a user of the issuer", subject: user, ofSession: ["sub=ada"] },
  { what: "a user of another issuer", subject: { ...user, iss: OTHER }, ofSession: [] },
  {
    what: "an opaque value that stands alone",
    subject: session,
    ofSession: ["sid=s-1", "sub=s-1"],
    ofAccount: ["sub=s-1"],
  },
  {
    what: "an address",
    subject: { format: "email", email: "Ada@Example.com" },
    ofSession: ["sub=Ada@Example.com", "sub=ada@example.com"],
  },
  {
    what: "an address in lower case",
    subject: { format: "email", email: "ada@example.com" },
    ofSession: ["sub=ada@example.com"],
  },
  {
    what: "a phone number",
    subject: { format: "phone_number", phone_number: "+15550123" },
    ofSession: ["sub=+15550123"],
  },
  {
    what: "an account",
    subject: { format: "account", uri: "acct:ada@example.com" },
    ofSession: ["sub=acct:ada@example.com"],
  },
  {
    what: "a workload",
    subject: { format: "uri", uri: "spiffe://acme.example/api" },
    ofSession: ["sub=spiffe://acme.example/api"],
  },
  { what: "a DID", subject: { format: "did", url: "did:example:1" }, ofSession: ["sub=did:example:1"] },
  { what: "a token", subject: { format: "jwt_id", iss: ISSUER, jti: "t-1" }, ofSession: ["jti=t-1"] },
  { what: "a token of another issuer", subject: { format: "jwt_id", iss: OTHER, jti: "t-1" }, ofSession: [] },
  {
    what: "several names",
    subject: { format: "aliases", identifiers: [user, { format: "email", email: "a@b.c" }] },
    ofSession: ["sub=ada", "sub=a@b.c"],
  },
  {
    what: "a session and its user",
    subject: { format: "complex", session, user, tenant },
    ofSession: ["sid=s-1", "sub=ada without a session"],
    ofAccount: ["sub=ada"],
  },
  {
    what: "a session by issuer and name",
    subject: { format: "complex", session: { format: "iss_sub", iss: ISSUER, sub: "s-1" } },
    ofSession: ["sid=s-1"],
    ofAccount: [],
  },
  {
    what: "a user on a device",
    subject: { format: "complex", user, device: tenant },
    ofSession: ["sub=ada"],
  },
  {
    what: "a session of a kind that no token names, and its user",
    subject: {
      format: "complex",
      session: { format: "saml_assertion_id", issuer: "x", assertion_id: "y" },
      user,
    },
    ofSession: ["sub=ada"],
  },
  {
    what: "a user by an opaque value",
    subject: { format: "complex", user: tenant },
    ofSession: ["sub=acme"],
  },
  { what: "a tenant alone", subject: { format: "complex", tenant }, ofSession: [] },
  {
    what: "addresses of the network",
    subject: { format: "ip-addresses", "ip-addresses": ["10.0.0.1"] },
    ofSession: [],
  },
  { what: "a format of their own", subject: { format: "catalog_item", catalog_id: "c" }, ofSession: [] },
  {
    what: "a member that every object inherits",
    subject: { format: "complex", user: Object.create({ format: "opaque", id: "x" }) as object },
    ofSession: undefined,
  },
  { what: "text", subject: "ada", ofSession: undefined },
  { what: "nothing", subject: null, ofSession: undefined },
  { what: "a list", subject: [user], ofSession: undefined },
  {
    what: "the old name of the format",
    subject: { subject_type: "iss-sub", iss: ISSUER, sub: "ada" },
    ofSession: undefined,
  },
  { what: "a format that is no text", subject: { format: 1 }, ofSession: undefined },
  { what: "a user without a value", subject: { format: "iss_sub", iss: ISSUER }, ofSession: undefined },
  { what: "an empty value", subject: { format: "opaque", id: "" }, ofSession: undefined },
  {
    what: "a value that is too long",
    subject: { format: "opaque", id: "x".repeat(1_025) },
    ofSession: undefined,
  },
  {
    what: "a user in a complex subject that is none",
    subject: { format: "complex", user: { format: "email" } },
    ofSession: undefined,
  },
  { what: "no names", subject: { format: "aliases", identifiers: [] }, ofSession: undefined },
  {
    what: "too many names",
    subject: { format: "aliases", identifiers: Array.from({ length: 17 }, () => user) },
    ofSession: undefined,
  },
  {
    what: "names within names",
    subject: { format: "aliases", identifiers: [{ format: "aliases", identifiers: [user] }] },
    ofSession: undefined,
  },
];

describe("the subject of an event", () => {
  for (const { what, subject, ofSession, ...others } of notEmpty(CASES)) {
    test(`${what} names ${ofSession?.join(", ") ?? "nothing: it is no subject"}`, () => {
      const read = (isOfAccount: boolean) =>
        readSubject(subject, { issuers: new Set([ISSUER]), isOfAccount })?.map(
          ({ dimension, value, withoutSession }) =>
            `${dimension}=${value}${withoutSession === true ? " without a session" : ""}`,
        );
      expect(read(false)).toEqual(ofSession);
      expect(read(true)).toEqual("ofAccount" in others ? others.ofAccount : ofSession);
    });
  }
});
