import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import type { ClaimSources } from "../../../server/gate/src/authenticate/claim-readers.ts";
import type { ClaimSource } from "../../../server/gate/src/authenticate/claim-source.ts";
import { readClaims } from "../../../server/gate/src/authenticate/claims.ts";
import { goodClaims } from "../../support/tokens.ts";
import { externalIssuer } from "./fixtures.ts";

/** Read claims that stand elsewhere. The token is parsed, as it would be: `__proto__` is a member like any other. */
function read(sources: ClaimSources, claims: object | string) {
  const text = typeof claims === "string" ? claims : JSON.stringify(claims);
  const parsed: Record<string, unknown> = JSON.parse(text);
  const token = JSON.parse(JSON.stringify(goodClaims({ roles: undefined })));
  for (const [name, value] of Object.entries(parsed)) {
    Object.defineProperty(token, name, { value, enumerable: true, configurable: true, writable: true });
  }
  return readClaims(token, externalIssuer({}, sources)).principal;
}

const ZITADEL = "urn:zitadel:iam:org:project:roles";

/** What a provider sends, where its roles stand, what they are. */
const roles: readonly (readonly [
  claims: object | string,
  source: ClaimSource | readonly ClaimSource[],
  string[],
])[] = [
  [{ groups: "a b" }, "groups", ["a", "b"]],
  [{ groups: "a  b " }, "groups", ["a", "b"]],
  [{ groups: "" }, "groups", []],
  [{ "cognito:groups": ["a"] }, "cognito:groups", ["a"]],
  [{ "https://acme.example/roles": ["a"] }, "https://acme.example/roles", ["a"]],
  [{ "a.b": ["top"], a: { b: ["deep"] } }, "a.b", ["top"]],
  [{ "a.b": ["top"], a: { b: ["deep"] } }, { path: ["a", "b"] }, ["deep"]],
  [{ realm_access: { roles: ["a", "b"] } }, { path: ["realm_access", "roles"] }, ["a", "b"]],
  [{ roles: ["a c", ""] }, "roles", ["a c"]],
  [{ roles: [{ value: "admin", primary: true }, "author"] }, "roles", ["admin", "author"]],
  [{ roles: [{ id: 1, key: "admin", name: "Admin" }] }, { path: ["roles"], member: "key" }, ["admin"]],
  [
    { [ZITADEL]: { admin: { 1: "acme" }, user: {} } },
    { path: [ZITADEL], objectKeys: true },
    ["admin", "user"],
  ],
  [{ roles: { admin: true, user: false, guest: null } }, { path: ["roles"], objectKeys: true }, ["admin"]],
  [{ scope: "a b", permissions: ["b", "c"] }, ["scope", "permissions"], ["a", "b", "c"]],
  [{ permissions: ["c"], scope: null }, ["scope", "permissions"], ["c"]],
  // What is not there.
  [{}, { path: ["realm_access", "roles"] }, []],
  [{ a: null }, { path: ["a", "b"] }, []],
  [{ a: [{ b: ["admin"] }] }, { path: ["a", "b"] }, []],
  [{ a: [["admin"]] }, { path: ["a", "0"] }, []],
  [{ a: ["admin"] }, { path: ["a", "length"] }, []],
  [{ a: "admin" }, { path: ["a", "0"] }, []],
  [{ a: "admin" }, { path: ["a", "length"] }, []],
  // What every object has is no claim.
  ...["__proto__", "constructor", "toString", "hasOwnProperty"].flatMap((name) =>
    [
      [{}, name, []] as const,
      [{}, { path: [name], objectKeys: true }, []] as const,
      [{ a: {} }, { path: ["a", name] }, []] as const,
      [{ a: {} }, { path: [name, "name"] }, []] as const,
    ].map(([claims, source, words]): readonly [object, ClaimSource, string[]] => [
      claims,
      source,
      [...words],
    ]),
  ),
  [{ roles: [{}] }, { path: ["roles"], member: "constructor" }, []],
  ['{"__proto__":{"roles":["admin"]}}', "roles", []],
  ['{"__proto__":{"roles":["admin"]}}', { path: ["a", "roles"] }, []],
  ['{"a":{"__proto__":{"roles":["admin"]}}}', { path: ["a", "roles"] }, []],
  ['{"__proto__":["own"]}', "__proto__", ["own"]],
];

describe("roles and scopes", () => {
  for (const [claims, source, words] of roles) {
    test(`stand where the issuer has them: ${inspect(source)} of ${inspect(claims, { depth: 4 })}`, () => {
      const principal = read({ roles: source, scopes: source }, claims);
      expect(principal.roles).toEqual(words);
      expect(principal.scopes).toEqual(words);
      expect(Object.isFrozen(principal.roles)).toBe(true);
    });
  }

  test("are as many as a token holds", () => {
    const many = Array.from({ length: 5_000 }, (_, at) => `r${at}`);
    expect(read({ roles: ["roles", "scope"] }, { roles: many, scope: "r0 r1 x" }).roles).toHaveLength(5_001);
  });
});

describe("subject, client and audience", () => {
  test("stand where the issuer has them", () => {
    const sources: ClaimSources = {
      subject: { path: ["user", "id"] },
      clientId: ["cid", "azp"],
      audience: "azp",
    };
    const principal = read(sources, { user: { id: "u1" }, sub: "other", azp: "ledger", aud: "elsewhere" });
    expect(principal).toMatchObject({ subject: "u1", clientId: "ledger", audience: ["ledger"] });
    expect(read(sources, { user: { id: "u1" }, cid: "app", azp: ["ledger", "x"] })).toMatchObject({
      clientId: "app",
      audience: ["ledger", "x"],
    });
  });

  test("have a subject that is the first of several, and refuse the token when that is no subject", () => {
    const sources: ClaimSources = { subject: ["uid", "common_name"] };
    expect(read(sources, { uid: "ada", common_name: "robot" }).subject).toBe("ada");
    for (const none of [{}, { uid: null }, { uid: "" }]) {
      expect(read(sources, { ...none, common_name: "robot" }).subject).toBe("robot");
      expect(() => read(sources, none)).toThrow("claim uid or common_name is missing");
    }
    expect(() => read(sources, { uid: ["ada"], common_name: "robot" })).toThrow(
      "claim uid is not a non-empty string",
    );
  });

  test("have a subject that is a whole number by its digits", () => {
    expect(read({}, { sub: 0 }).subject).toBe("0");
    expect(read({}, { sub: Number.MAX_SAFE_INTEGER }).subject).toBe("9007199254740991");
    for (const sub of [-1, 1.5, 2 ** 53, Number.POSITIVE_INFINITY]) {
      expect(() => read({}, { sub })).toThrow("claim sub is not a non-empty string");
    }
  });

  test("refuse the token by the names that they have", () => {
    expect(() => read({ subject: "uid" }, {})).toThrow("claim uid is missing");
    expect(() => read({ subject: { path: ["user", "id"] } }, { user: { id: [7] } })).toThrow(
      "claim user.id is not a non-empty string",
    );
    expect(() => read({ audience: "client_id" }, { client_id: undefined, aud: "ledger" })).toThrow(
      "claim client_id does not name this server",
    );
    expect(() => read({ audience: "appid" }, { aud: "ledger" })).toThrow(
      "claim appid is not one or more non-empty strings",
    );
  });
});
