import { describe, expect, test } from "vitest";
import type { IssuerOptions } from "../../../server/gate/src/connect/issuer-options.ts";
import { createEchoAuth } from "../../support/echo-server.ts";
import { methodOf } from "../../support/echo-service.ts";
import { goodClaims, ISSUED_AT_SECONDS, signToken } from "../../support/tokens.ts";
import { contextOf, decisionOf, issuer, issuerKey, service } from "./fixtures.ts";

/** Say how a token with such claims fares with an issuer, and why. */
async function fate(
  options: Partial<IssuerOptions>,
  claims: Readonly<Record<string, unknown>>,
  name = "Call",
) {
  const { auth, events, warnings } = createEchoAuth(service, { issuers: [{ ...issuer, ...options }] });
  const authorization = `Bearer ${signToken(issuerKey, goodClaims(claims))}`;
  const decision = await decisionOf(auth.requestGate, contextOf(methodOf(service, name), { authorization }));
  const [{ detail = "passed" } = {}] = events as readonly { readonly detail?: string }[];
  return { reason: decision?.reason ?? "passed", detail, warnings };
}

async function detailOf(options: Partial<IssuerOptions>, claims: object, name?: string): Promise<string> {
  return (await fate(options, { ...claims }, name)).detail;
}

const NO_AUDIENCE = "claim aud is not one or more non-empty strings";

describe("claims that an issuer's tokens must have", () => {
  const requiredClaims = { token_use: "access", level: [1, 2], email_verified: true };
  const good = { token_use: "access", level: 2, email_verified: true };
  test("let those tokens pass that have them, exactly", async () => {
    expect(await detailOf({ requiredClaims }, good)).toBe("passed");
  });

  const wrong: Readonly<Record<string, readonly unknown[]>> = {
    token_use: [undefined, null, "", "id", "Access", "access ", ["access"], { access: true }, 1],
    level: [undefined, 3, "1", [1], true],
    email_verified: [undefined, false, "true", 1],
  };
  for (const [name, values] of Object.entries(wrong)) {
    test(`refuse all others: ${name}`, async () => {
      for (const value of values) {
        expect(await detailOf({ requiredClaims }, { ...good, [name]: value })).toBe(
          `claim ${name} does not have a value that is required`,
        );
      }
    });
  }

  test("are never what every object inherits", async () => {
    const options = JSON.parse('{"requiredClaims": {"__proto__": "x", "constructor": "y"}}');
    expect(await detailOf(options, {})).toBe("claim __proto__ does not have a value that is required");
    expect(await detailOf({ forbiddenClaims: ["toString", "__proto__"] }, {})).toBe("passed");
  });

  test("refuse a token that has one that is forbidden, whatever its value", async () => {
    const options = { forbiddenClaims: ["nonce", "at_hash"] };
    expect(await detailOf(options, {})).toBe("passed");
    for (const nonce of ["n", "", null, false, 0, []]) {
      expect(await detailOf(options, { nonce })).toBe("claim nonce is one that is refused");
    }
  });
});

describe("tokens of AWS Cognito", () => {
  const cognito = {
    claims: { audience: "client_id", roles: "cognito:groups" },
    requiredClaims: { token_use: "access" },
  };
  const access = { aud: undefined, client_id: "ledger", token_use: "access", "cognito:groups": ["admin"] };

  test("are for the client that they name", async () => {
    expect(await detailOf(cognito, access)).toBe("passed");
    expect(await detailOf(cognito, { ...access, client_id: "other" })).toBe(
      "claim client_id does not name this server",
    );
    expect(await detailOf(cognito, { ...access, client_id: undefined })).toBe(
      "claim client_id is not one or more non-empty strings",
    );
  });

  test("are no ID tokens", async () => {
    const id = { aud: "ledger", client_id: undefined, token_use: "id" };
    expect(await detailOf(cognito, id)).toBe("claim token_use does not have a value that is required");
    expect(await detailOf(cognito, { ...id, client_id: "ledger" })).toBe(
      "claim token_use does not have a value that is required",
    );
    expect(await detailOf({ claims: cognito.claims }, id)).toBe(
      "claim client_id is not one or more non-empty strings",
    );
  });
});

describe("a token without an audience", () => {
  const none = [undefined, null, "", [], [""]];

  test("is refused, and with allowMissingAudience taken", async () => {
    for (const aud of none) {
      expect(await detailOf({}, { aud })).toBe(NO_AUDIENCE);
      expect(await detailOf({ insecure: { allowMissingAudience: true } }, { aud })).toBe("passed");
    }
  });

  test("is refused all the same when it has one that is another, or is of another form", async () => {
    const insecure = { allowMissingAudience: true };
    expect(await detailOf({ insecure }, { aud: "other" })).toBe("claim aud does not name this server");
    for (const aud of [7, {}, [7], ["ledger", null]]) {
      expect(await detailOf({ insecure }, { aud })).toBe(NO_AUDIENCE);
    }
  });

  test("is never for a method that names audiences of its own", async () => {
    const insecure = { allowMissingAudience: true };
    expect(await fate({ insecure }, { aud: undefined }, "Vault")).toMatchObject({ reason: "POLICY_DENIED" });
  });
});

describe("a token without a subject, or without iat", () => {
  test("is refused, and taken where the issuer's options allow it", async () => {
    for (const sub of [undefined, null, ""]) {
      expect((await fate({}, { sub })).reason).toBe("TOKEN_INVALID");
      expect((await fate({ insecure: { allowMissingSubject: true } }, { sub })).reason).toBe("passed");
    }
    for (const sub of [[], ["ada"], {}, true, -1, 1.5, 2 ** 53, "a\nb"]) {
      for (const insecure of [{}, { allowMissingSubject: true }]) {
        expect([sub, (await fate({ insecure }, { sub })).reason]).toEqual([sub, "TOKEN_INVALID"]);
      }
    }
    for (const iat of [undefined, null]) {
      expect((await fate({}, { iat })).reason).toBe("TOKEN_INVALID");
      expect((await fate({ insecure: { allowMissingIssuedAt: true } }, { iat })).reason).toBe("passed");
    }
    const insecure = { allowMissingIssuedAt: true };
    expect(await detailOf({ insecure }, { iat: "now" })).toBe("claim iat is not a time");
  });

  test("has no more life before it than any other, from when it is verified", async () => {
    const options = { insecure: { allowMissingIssuedAt: true } };
    const life = async (seconds: number) =>
      (await fate(options, { iat: undefined, exp: ISSUED_AT_SECONDS + seconds })).reason;
    expect(await life(86_400)).toBe("passed");
    expect(await life(86_401)).toBe("TOKEN_INVALID");
    expect(await life(-10)).toBe("TOKEN_EXPIRED");
  });

  test("is warned of at start, each relaxation by itself", async () => {
    const insecure = { allowMissingIssuedAt: true, allowMissingSubject: true, allowMissingAudience: true };
    expect((await fate({ insecure }, {})).warnings).toEqual([
      "issuer https://issuer.example: tokens without claim iat are accepted",
      "issuer https://issuer.example: tokens without a subject are accepted",
      "issuer https://issuer.example: tokens without an audience are accepted",
    ]);
  });
});

test("a claim of another form is warned of once, by issuer and claim", async () => {
  const { auth, warnings } = createEchoAuth(service, { issuers: [issuer] });
  for (const claims of [{ azp: "", client_id: undefined }, { scope: null }, { scope: 7 }, { sid: null }]) {
    const authorization = `Bearer ${signToken(issuerKey, goodClaims(claims))}`;
    expect(await decisionOf(auth.requestGate, contextOf(methodOf(service, "Call"), { authorization }))).toBe(
      undefined,
    );
  }
  expect(warnings).toEqual([
    "issuer https://issuer.example: claim azp of a token is not a non-empty string, and counts as absent",
    "issuer https://issuer.example: claim scope of a token is not text or a list of words, and counts as absent",
    "issuer https://issuer.example: claim sid of a token is not a non-empty string, and counts as absent",
  ]);
});
