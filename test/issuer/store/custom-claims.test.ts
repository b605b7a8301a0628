import { describe, expect, it } from "vitest";
import {
  copyClaims,
  mergeClaims,
  parseClaimsColumn,
  pickCustomClaims,
  RESERVED_CLAIMS,
  toClaimsColumn,
} from "../../../server/issuer/src/store/custom-claims.ts";
import { notEmpty } from "../../support/not-empty.ts";

const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`c${index}`, 1]));

/** Objects in each other, so many deep. */
const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) });

const circle: Record<string, unknown> = {};
circle.self = circle;

describe("custom claims", () => {
  it("are copied as they are, whatever their names look like", () => {
    const claims = {
      tenant: "acme",
      "https://acme.example/claims/plan": { seats: 3, "a.b": [1, "x", null, true, { deep: -0.5 }] },
      constructor: "text",
      toString: ["text"],
      empty: "",
      groups: [],
      may_act: { sub: "client_agent" },
    };
    expect(copyClaims(claims)).toEqual(claims);
    expect(parseClaimsColumn(toClaimsColumn(copyClaims(claims)))).toEqual(claims);
  });

  it("are not what becomes of the object that they were copied from", () => {
    const given = { list: ["a"] };
    const copy = copyClaims(given);
    given.list.push("b");
    expect(copy).toEqual({ list: ["a"] });
  });

  it("leave out what is undefined", () => {
    expect(copyClaims({ tenant: undefined, inner: { a: undefined, b: 1 } })).toEqual({ inner: { b: 1 } });
  });

  for (const name of notEmpty([...RESERVED_CLAIMS])) {
    it(`cannot be called ${name}`, () => {
      expect(() => copyClaims({ [name]: "x" })).toThrow(`the claim ${name} is one that`);
    });
  }

  it("are of names that every token of ours may have", () => {
    const own = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "client_id", "sid", "scope", "roles"];
    for (const name of [...own, "auth_time", "act", "acr", "amr", "cnf", "typ", "token_use"]) {
      expect(RESERVED_CLAIMS).toContain(name);
    }
  });

  it("have none of the names that answers about tokens have for themselves (RFC 7662 §2.2)", () => {
    for (const name of ["active", "scope", "client_id", "username", "token_type", "ace_profile", "cnonce"]) {
      expect(RESERVED_CLAIMS).toContain(name);
    }
  });

  const bad: readonly (readonly [string, unknown, string])[] = [
    ["no object", ["a"], "must be an object"],
    ["null", null, "must be an object"],
    ["a text", "tenant", "must be an object"],
    ["undefined", undefined, "must be an object"],
    ["an object of a class", new Map([["a", 1]]), "must be an object"],
    ["a member called __proto__", JSON.parse('{"__proto__": {"sub": "x"}}'), "__proto__"],
    ["one further in", JSON.parse('{"a": [{"__proto__": 1}]}'), "__proto__"],
    ["no number", { n: Number.NaN }, "must be JSON"],
    ["an endless number", { n: Number.POSITIVE_INFINITY }, "must be JSON"],
    ["a large number", { n: 1n }, "must be JSON"],
    ["a function", { toJSON: () => "x" }, "must be JSON"],
    ["a symbol", { s: Symbol("s") }, "must be JSON"],
    ["a date", { d: new Date(0) }, "must be JSON"],
    ["bytes", { b: new Uint8Array(2) }, "must be JSON"],
    ["a hole in a list", { l: [undefined] }, "must be JSON"],
    ["no name", { "": 1 }, "the name of a claim must be"],
    ["a name with a space", { "a b": 1 }, "the name of a claim must be"],
    ["a name with a line break", { "a\n": 1 }, "the name of a claim must be"],
    ["a name that is too long", { ["a".repeat(257)]: 1 }, "the name of a claim must be"],
    ["too many of them", many(33), "at most 32 claims"],
    ["far too many of them", many(100_000), "at most 4096 bytes"],
    ["a text that is too long", { a: "x".repeat(4_096) }, "at most 4096 bytes"],
    ["a text that is too long only in UTF-8", { a: "é".repeat(2_100) }, "at most 4096 bytes"],
    ["a list that is too long", { a: Array.from({ length: 1_000_000 }, () => 0) }, "at most 4096 bytes"],
    ["objects too deep in each other", { a: nested(9) }, "at most 8 deep"],
    ["a circle", circle, "at most 8 deep"],
  ];
  for (const [what, claims, message] of notEmpty(bad)) {
    it(`refuse ${what}`, () => {
      expect(() => copyClaims(claims)).toThrow(message);
    });
  }

  it("are put together with the second before the first, and no more of them than one token has", () => {
    expect(mergeClaims({ a: 1, b: 1 }, { b: 2, c: 2 })).toEqual({ a: 1, b: 2, c: 2 });
    expect(Object.keys(mergeClaims(copyClaims(many(32)), { c0: 2 }))).toHaveLength(32);
    expect(() => mergeClaims(copyClaims(many(32)), { other: 1 })).toThrow("at most 32 claims");
    const half = { a: "x".repeat(2_100) };
    expect(() => mergeClaims(half, { b: half.a })).toThrow("at most 4096 bytes");
  });

  it("are taken out of a token, and out of a column that was written when fewer names were reserved", () => {
    const claims = { iss: "i", act: { sub: "x" }, tenant: "acme" };
    expect(pickCustomClaims(claims)).toEqual({ tenant: "acme" });
    expect(parseClaimsColumn(JSON.stringify(claims))).toEqual({ tenant: "acme" });
    expect(() => parseClaimsColumn("[]")).toThrow(TypeError);
  });
});
