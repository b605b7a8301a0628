import { describe, expect, test } from "vitest";
import type { TrustedIssuer } from "../../../server/gate/src/authenticate/issuers.ts";
import { verifyToken } from "../../../server/gate/src/authenticate/verify-token.ts";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import type { Facts } from "../../../server/gate/src/errors/facts.ts";
import { systemClock } from "../../../server/gate/src/kernel/clock.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { goodClaims, ISSUED_AT_SECONDS, signToken } from "../../support/tokens.ts";
import { externalIssuer, issuerKey, issuersOf } from "./fixtures.ts";

interface Refused {
  readonly claims: Readonly<Record<string, unknown>>;
  readonly typ?: string;
  readonly issuer?: Partial<TrustedIssuer>;
}

/** Verify a token that must be refused. */
async function factsOf({ claims, typ = "at+jwt", issuer = {} }: Refused): Promise<Facts | undefined> {
  const token = signToken(issuerKey, goodClaims({ aud: "ledger", ...claims }), { typ });
  try {
    await verifyToken(token, issuersOf(externalIssuer(issuer)));
  } catch (error) {
    return error instanceof AuthError ? error.facts : undefined;
  }
  throw new Error("it was not refused");
}

const spiffe = { issuer: "spiffe://acme.example", identifiedBy: "spiffe_id" } as const;
const bearerOnly = {
  rules: { required: new Map([["typ", ["Bearer", "DPoP"]]]), present: [], forbidden: [] },
};

describe("a token without iss, where a trust domain is trusted", () => {
  test.each(
    notEmpty([
      ["spiffe://other.example/billing", "no iss, sub spiffe://other.example/billing"],
      ["spiffe://acme.example/../x", "no iss, sub spiffe://acme.example/../x"],
      ["a\u001b[2Jb", "no iss, sub a\\u{1b}[2Jb"],
      [7, "no iss, sub 7"],
      [undefined, "no iss, sub absent"],
    ] as const),
  )("is refused with the sub that decided: %j", async (sub, got) => {
    const facts = await factsOf({ claims: { iss: undefined, sub }, issuer: spiffe });
    expect(facts).toEqual({ check: "issuer", expected: "spiffe://acme.example", got });
  });

  test("is shown in at most 256 characters", async () => {
    const sub = `spiffe://${"x".repeat(4000)}`;
    const facts = await factsOf({ claims: { iss: undefined, sub }, issuer: spiffe });
    expect(facts?.got).toHaveLength(256);
  });

  test("is refused for want of iss alone where no trust domain is", async () => {
    expect(await factsOf({ claims: { iss: undefined } })).toMatchObject({ check: "issuer", got: "absent" });
  });
});

describe("a token that looks like an ID token", () => {
  test.each(
    notEmpty([
      ["by its typ", { claims: { typ: "ID" }, issuer: bearerOnly }, "claim"],
      ["by its use", { claims: { token_use: "id", aud: "client" } }, "audience"],
      ["by a nonce", { claims: { nonce: "n", aud: "client" } }, "audience"],
      ["by the hash of an access token", { claims: { at_hash: "h" }, typ: "JWT" }, "type"],
    ] as const),
  )("is refused as such for the operator: %s", async (_, refused, check) => {
    expect(await factsOf(refused)).toMatchObject({ check, hint: "id_token" });
  });

  test.each(
    notEmpty([
      ["says nothing of the kind", { claims: { aud: "client" } }],
      ["has a nonce that is no text", { claims: { aud: "client", nonce: 7 } }],
      ["is refused for its life", { claims: { nonce: "n", exp: 1 } }],
    ] as const),
  )("is not one that %s", async (_, refused) => {
    expect(await factsOf(refused)).not.toHaveProperty("hint");
  });

  test("is not refused for that", async () => {
    const token = signToken(issuerKey, goodClaims({ aud: "ledger", nonce: "n", at_hash: "h", typ: "ID" }));
    const { principal } = await verifyToken(token, issuersOf(externalIssuer()));
    expect(principal.audience).toEqual(["ledger"]);
  });
});

test("a token of one tenant with the iss of another contradicts itself, and no tenant to allow helps", async () => {
  const tenants = { claim: "tid", before: "https://login.example/", after: "/v2.0", isAllowed: () => true };
  const facts = await factsOf({
    claims: { iss: "https://login.example/acme/v2.0", tid: "other" },
    issuer: { issuer: "https://login.example/{tenantid}/v2.0", tenants },
  });
  expect(facts).toEqual({
    check: "tenant",
    expected: "https://login.example/acme/v2.0",
    got: "other",
    hint: "tenant_mismatch",
  });
});

describe("where one of several is enough", () => {
  test.each(
    notEmpty([
      [{ claims: { aud: "x" }, issuer: { audiences: ["a", "b"] } }, "one of a, b"],
      [{ claims: { typ: "x" }, issuer: bearerOnly }, "one of Bearer, DPoP"],
      [{ claims: {}, typ: "x", issuer: { types: ["at+jwt", "jwt"] } }, "one of at+jwt, jwt"],
      [{ claims: {}, issuer: { algorithms: ["RS256", "PS256"] } }, "one of RS256, PS256"],
    ] as const),
  )("says so: %j", async (refused, expected) => {
    expect((await factsOf(refused))?.expected).toBe(expected);
  });
});

test("a token that lives too long says for how long in whole seconds", async () => {
  const clock = { ...systemClock, nowMs: () => ISSUED_AT_SECONDS * 1_000 + 517 };
  const allowMissing = { issuedAt: true, subject: false, audience: false };
  const claims = { iat: undefined, exp: ISSUED_AT_SECONDS + 90_000 };
  expect(await factsOf({ claims, issuer: { clock, allowMissing } })).toEqual({
    check: "life",
    ...{ expected: "86400", got: "90000" },
  });
  const barely = { iat: ISSUED_AT_SECONDS - 0.25, exp: ISSUED_AT_SECONDS + 86_400 };
  expect(await factsOf({ claims: barely })).toMatchObject({ expected: "86400", got: "86401" });
});
