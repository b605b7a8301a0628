import { describe, expect, test } from "vitest";
import { lookAtToken } from "../../../server/cli/src/issuer-check/token-shape.ts";

const NOW = 1_800_000_000;
const claims = { iss: "https://id.example", sub: "ada", aud: "notes", iat: NOW, exp: NOW + 600 };

type Claims = Readonly<Record<string, unknown>>;

/** Look at a token of these claims. */
const look = (payload: Readonly<Record<string, unknown>>, header: Readonly<Record<string, unknown>> = {}) =>
  lookAtToken({ header: { alg: "ES256", typ: "at+jwt", kid: "k", ...header }, payload }, []);

describe("a token of RFC 9068", () => {
  test("asks for nothing but its audience", () => {
    const { options, notes } = look({ ...claims, scope: "a b", roles: ["c"], client_id: "app" });
    expect(options).toEqual({ audiences: ["notes"] });
    expect(notes).toEqual([]);
  });
});

describe("where words stand", () => {
  const places: readonly (readonly [object, object])[] = [
    [{ scp: ["a"] }, { scopes: "scp" }],
    [{ scope: "a", permissions: ["b"] }, { scopes: ["scope", "permissions"] }],
    [{ groups: ["a"] }, { roles: "groups" }],
    [{ "cognito:groups": ["a"] }, { roles: "cognito:groups" }],
    [{ realm_access: { roles: ["a"] } }, { roles: { path: ["realm_access", "roles"] } }],
    [
      {
        realm_access: { roles: ["a"] },
        resource_access: { notes: { roles: ["b"] }, account: { roles: ["c"] } },
      },
      { roles: [{ path: ["realm_access", "roles"] }, { path: ["resource_access", "notes", "roles"] }] },
    ],
    [{ app_metadata: { roles: ["a"] } }, { roles: { path: ["app_metadata", "roles"] } }],
    [{ roles: [{ id: "1", key: "a", name: "A" }] }, { roles: { path: ["roles"], member: "key" } }],
    [{ "https://acme.example/roles": ["a"] }, { roles: "https://acme.example/roles" }],
    [
      { "urn:zitadel:iam:org:project:1:roles": { admin: { 1: "acme.example" } } },
      { roles: { path: ["urn:zitadel:iam:org:project:1:roles"], objectKeys: true } },
    ],
    [{ cid: "app" }, { clientId: "cid" }],
  ];
  test.each(places)("%j", (more, expected) => {
    expect(look({ ...claims, ...more }).options.claims).toEqual(expected);
  });

  test("is nowhere where there are no words", () => {
    const odd = { roles: {}, groups: 5, realm_access: [{ roles: ["a"] }], scope: null, resource_access: "x" };
    expect(look({ ...claims, ...odd }).options).toEqual({ audiences: ["notes"] });
    expect(
      look(JSON.parse(JSON.stringify(claims).replace("{", '{"__proto__":{"groups":["a"]},'))).options,
    ).toEqual({
      audiences: ["notes"],
    });
  });
});

describe("what is not as it should be", () => {
  const { aud: _, ...noAudience } = claims;
  const cases: readonly (readonly [Claims, Claims, object, string])[] = [
    [claims, { typ: "JWT" }, { types: ["JWT"] }, ""],
    [claims, { typ: undefined }, { insecure: { allowMissingType: true } }, "it has no header typ"],
    [{ ...claims, sub: undefined }, {}, { insecure: { allowMissingSubject: true } }, "it has no subject"],
    [{ ...claims, iat: undefined }, {}, { insecure: { allowMissingIssuedAt: true } }, "it has no iat"],
    [
      { ...claims, exp: NOW + 90_000 },
      {},
      { insecure: { maxTokenLifeSeconds: 90_000 } },
      "it lives for 25 hours",
    ],
    [{ ...claims, exp: undefined }, {}, {}, "it has no exp"],
    [{ ...claims, nonce: "n" }, {}, { forbiddenClaims: ["nonce"] }, "it looks like an ID token"],
    [
      { ...claims, token_use: "id" },
      {},
      { requiredClaims: { token_use: "access" } },
      "it looks like an ID token",
    ],
    [{ ...claims, typ: "ID" }, {}, { requiredClaims: { typ: "Bearer" } }, "it looks like an ID token"],
    [{ ...claims, exp: 1e300 }, {}, {}, "it lives for more than a year"],
    [{ ...claims, cnf: { jkt: "x" } }, {}, {}, "it is bound to a key (cnf)"],
    [
      { ...noAudience, client_id: "app", token_use: "access" },
      {},
      { claims: { audience: "client_id" }, audiences: ["app"], requiredClaims: { token_use: "access" } },
      "it has no aud: client_id takes its place",
    ],
    [noAudience, {}, { insecure: { allowMissingAudience: true } }, "it has no audience"],
    [
      { ...claims, aud: "account", realm_access: { roles: [] } },
      {},
      { audiences: ["account"] },
      "its audience, account, is in the tokens of every client of the realm",
    ],
  ];
  test.each(cases)("%j %j", (payload, header, options, says) => {
    const shape = look(payload, header);
    expect(shape.options).toMatchObject(options);
    expect(shape.notes.join("\n")).toContain(says);
  });

  test("is for another server than was said", () => {
    const jws = { header: { alg: "ES256", typ: "at+jwt" }, payload: claims };
    const { options, notes } = lookAtToken(jws, ["billing"]);
    expect(options).toEqual({ audiences: ["billing"] });
    expect(notes).toEqual(["it is for notes, not for billing"]);
  });
});

test("what is shown of a token is printable and short", () => {
  const { facts } = look({ ...claims, aud: `a\u001b[2J\u202e${"x".repeat(10_000)}`, "\u0007bell": 1 });
  for (const fact of Object.values(facts)) {
    expect(fact).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(fact.length).toBeLessThan(12_000);
  }
});
