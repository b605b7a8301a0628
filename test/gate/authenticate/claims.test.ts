import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { readClaims } from "../../../server/gate/src/authenticate/claims.ts";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { goodClaims, ISSUED_AT_SECONDS, LIFE_SECONDS } from "../../support/tokens.ts";
import { externalIssuer, trustedIssuer } from "./fixtures.ts";

const EXPIRES_AT = ISSUED_AT_SECONDS + LIFE_SECONDS;
const AUD = "claim aud is not one or more non-empty strings";
const LIFE = "the token's life is not positive, or longer than is accepted";
const CNF = "claim cnf is not one known confirmation";
const BOUND = "x".repeat(43);

/** Claim, value, what is said. */
const refused: readonly (readonly [name: string, value: unknown, message: string])[] = [
  ["iss", "https://issuer.example/", "claim iss is not the issuer"],
  ["iss", ["https://issuer.example"], "claim iss is not the issuer"],
  ["iss", undefined, "claim iss is not the issuer"],
  ["aud", undefined, AUD],
  ["aud", null, AUD],
  ["aud", "", AUD],
  ["aud", [], AUD],
  ["aud", {}, AUD],
  ["aud", { ledger: true }, AUD],
  ["aud", 7, AUD],
  ["aud", true, AUD],
  ["aud", ["ledger", 7], AUD],
  ["aud", ["", ""], AUD],
  ["aud", ["ledger", null], AUD],
  ["aud", [["ledger"]], AUD],
  ["aud", "Ledger", "claim aud does not name this server"],
  ["aud", "ledger ", "claim aud does not name this server"],
  ["aud", "ledger/", "claim aud does not name this server"],
  ["aud", "ledger other", "claim aud does not name this server"],
  ["aud", ["other"], "claim aud does not name this server"],
  ...["iat", "exp"].flatMap((name) => [
    [name, undefined, `claim ${name} is missing`] as const,
    ...notTimes(name),
  ]),
  ...notTimes("nbf").filter(([, value]) => value !== null),
  ["exp", ISSUED_AT_SECONDS, LIFE],
  ["exp", ISSUED_AT_SECONDS - 1, LIFE],
  ["exp", ISSUED_AT_SECONDS + 86_401, LIFE],
  ["exp", Number.MAX_VALUE, LIFE],
  ["iat", 0, LIFE],
  ["sub", undefined, "claim sub is missing"],
  ...["sub", "jti", "client_id", "sid"].flatMap(notIdentifiers),
  ["jti", undefined, "claim jti or client_id is missing"],
  ["client_id", undefined, "claim jti or client_id is missing"],
  ["cnf", null, CNF],
  ["cnf", {}, CNF],
  ["cnf", "jkt", CNF],
  ["cnf", [BOUND], CNF],
  ["cnf", { jkt: "" }, CNF],
  ["cnf", { jkt: 7 }, CNF],
  ["cnf", { jwk: {} }, CNF],
  ["cnf", { kid: BOUND }, CNF],
  ["cnf", { jkt: BOUND, "x5t#S256": BOUND }, CNF],
];

function notTimes(name: string) {
  return [null, "1800000000", true, [1], {}, -1, Number.NaN, Infinity].map(
    (value) => [name, value, `claim ${name} is not a time`] as const,
  );
}

function notIdentifiers(name: string) {
  return [null, "", 7, true, {}, [name], "a\nb", "a\0", "\u0085"].map(
    (value) => [name, value, `claim ${name} is not a non-empty string`] as const,
  );
}

describe("the claims (S4, RFC 9068 §4)", () => {
  for (const [name, value, message] of refused) {
    test(`are refused with ${name} ${inspect(value)}`, () => {
      const run = () => readClaims(goodClaims({ [name]: value }), trustedIssuer());
      expect(run).toThrowError(new AuthError("TOKEN_INVALID", message));
      expect(run).toThrowError(expect.objectContaining({ reason: "TOKEN_INVALID" }));
    });
  }

  test("take every character for an identifier but those of Unicode's category Cc", () => {
    for (let code = 0; code < 0x300; code += 1) {
      const sub = `a${String.fromCharCode(code)}`;
      const read = () => readClaims(goodClaims({ sub }), trustedIssuer()).principal.subject;
      if (/\p{Cc}/u.test(sub)) {
        expect(read, `U+${code.toString(16)}`).toThrowError(AuthError);
      } else {
        expect(read()).toBe(sub);
      }
    }
  });

  test("make the principal", () => {
    const claims = goodClaims({ auth_time: ISSUED_AT_SECONDS - 60, nbf: ISSUED_AT_SECONDS + 1, extra: 1 });
    const { principal, times } = readClaims(claims, trustedIssuer());
    expect(principal).toEqual({
      subject: "usr_ada",
      issuer: "https://issuer.example",
      clientId: "app",
      sessionId: "session-1",
      tokenId: "token-1",
      scopes: ["read", "write"],
      roles: ["author"],
      audience: ["ledger"],
      authTimeSeconds: ISSUED_AT_SECONDS - 60,
      acr: undefined,
      amr: [],
      actor: undefined,
      expiresAtSeconds: EXPIRES_AT,
      issuedAtSeconds: ISSUED_AT_SECONDS,
      binding: undefined,
    });
    expect(principal.claims).toEqual(claims);
    expect(times).toEqual({ notBeforeSeconds: ISSUED_AT_SECONDS + 1, expiresAtSeconds: EXPIRES_AT });
  });

  test("are good from the later of iat and nbf on, whenever the user signed in", () => {
    const from = (claims: Record<string, unknown>) =>
      readClaims(goodClaims(claims), trustedIssuer()).times.notBeforeSeconds - ISSUED_AT_SECONDS;
    expect(from({})).toBe(0);
    expect(from({ nbf: ISSUED_AT_SECONDS - 9 })).toBe(0);
    expect(from({ nbf: ISSUED_AT_SECONDS + 9 })).toBe(9);
    for (const time of [ISSUED_AT_SECONDS + 7, ISSUED_AT_SECONDS * 1000, 8.64e12, 1e300]) {
      expect(from({ auth_time: time })).toBe(0);
    }
  });

  test("may name several audiences, of which one is this server", () => {
    const { principal } = readClaims(goodClaims({ aud: ["other", "ledger"] }), trustedIssuer());
    expect(principal.audience).toEqual(["other", "ledger"]);
  });

  test("may live for exactly a day", () => {
    expect(
      readClaims(goodClaims({ exp: ISSUED_AT_SECONDS + 86_400 }), trustedIssuer()).principal.expiresAtSeconds,
    ).toBe(ISSUED_AT_SECONDS + 86_400);
  });

  test("may live longer where that was relaxed", () => {
    const issuer = trustedIssuer({ maxLifeSeconds: 100_000 });
    const run = (life: number) => readClaims(goodClaims({ exp: ISSUED_AT_SECONDS + life }), issuer);
    expect(run(100_000).principal.subject).toBe("usr_ada");
    expect(() => run(100_001)).toThrowError(LIFE);
  });

  test("may lack scopes, roles, sid and auth_time", () => {
    const none = { scope: undefined, roles: undefined, sid: undefined };
    expect(readClaims(goodClaims(none), trustedIssuer()).principal).toMatchObject({
      scopes: [],
      roles: [],
      sessionId: undefined,
      authTimeSeconds: undefined,
    });
  });

  test("of a provider without RFC 9068 may lack jti and client_id, and name the client in azp", () => {
    const issuer = externalIssuer();
    const read = (claims: Record<string, unknown>) => readClaims(goodClaims(claims), issuer).principal;
    const none = { jti: undefined, client_id: undefined };
    expect(read(none)).toMatchObject({ tokenId: undefined, clientId: "" });
    expect(read({ ...none, azp: "spa" }).clientId).toBe("spa");
    expect(read({ azp: "spa" }).clientId).toBe("app");
  });

  test("take azp for nothing where client_id is required", () => {
    expect(() => readClaims(goodClaims({ client_id: undefined, azp: "spa" }), trustedIssuer())).toThrowError(
      "claim jti or client_id is missing",
    );
  });

  test("say which key of its sender the token is bound to", () => {
    const binding = (cnf: unknown) => readClaims(goodClaims({ cnf }), trustedIssuer()).principal.binding;
    expect(binding({ jkt: BOUND })).toEqual({ kind: "dpop", jwkThumbprint: BOUND });
    expect(binding({ "x5t#S256": BOUND })).toEqual({ kind: "mtls", certificateThumbprint: BOUND });
  });
});

describe("a principal (S7)", () => {
  const read = () =>
    readClaims(goodClaims({ email: "ada@example.com", deep: { a: [{}], b: null } }), trustedIssuer())
      .principal;

  test("is frozen, and all that is in it", () => {
    const principal = read();
    const parts = [principal, principal.scopes, principal.roles, principal.audience, principal.claims];
    expect(parts.every(Object.isFrozen)).toBe(true);
    const deep = principal.claims.deep as { a: object[] };
    expect([deep, deep.a, deep.a[0]].every(Object.isFrozen)).toBe(true);
    const bound = readClaims(goodClaims({ cnf: { jkt: BOUND } }), trustedIssuer()).principal;
    expect(Object.isFrozen(bound.binding)).toBe(true);
  });

  test("has all claims, yet shows none of them in JSON, inspect or a copy", () => {
    const principal = read();
    expect(principal.claims.email).toBe("ada@example.com");
    expect(JSON.stringify(principal)).not.toContain("ada@example.com");
    expect(inspect(principal, { depth: 9 })).not.toContain("ada@example.com");
    expect({ ...principal }).not.toHaveProperty("claims");
  });
});
