import { goodClaims, ISSUED_AT_SECONDS, LIFE_SECONDS, signToken } from "../support/tokens.ts";
import { bearer, DETAIL, type HostileCase, invalid, passes } from "./hostile-case.ts";
import { evilKey, foreign, own, ownKey, rsKey } from "./issuers.ts";

const NOW = ISSUED_AT_SECONDS;
const END = NOW + LIFE_SECONDS;
const THUMBPRINT = "x".repeat(43);
const TYPES: readonly unknown[] = [null, true, false, 7, 0, -1, 1.5, "", [], {}, [null], [[]], { a: 1 }];
const show = (value: unknown) => JSON.stringify(value) ?? "missing";

/** One case for each value of a claim. */
function each(name: string, values: readonly unknown[], detail: string): readonly HostileCase[] {
  return values.map((value) => invalid(`${name} ${show(value)}`, own({ [name]: value }), detail));
}

/** Scopes of another form are none: the method that needs `admin` says so. */
function grantsNothing(scope: unknown): HostileCase {
  const refused = passes(`scope ${show(scope)}`, own({ scope }));
  return { ...refused, method: "Admin", outcome: "INSUFFICIENT_SCOPE" };
}

const times: readonly unknown[] = [null, true, "", "1800000000", "now", [NOW], {}, -1, -0.5];
const identifiers: readonly unknown[] = [
  null,
  true,
  7,
  "",
  [],
  ["usr_ada"],
  {},
  { sub: "usr_ada" },
  "usr\nada",
  "usr\0ada",
  "usr\x7fada",
];

const typed: readonly HostileCase[] = [
  ...each(
    "iss",
    [...TYPES, undefined, ["https://issuer.example"], "issuer.example", "HTTPS://issuer.example"],
    DETAIL.issuer,
  ),
  ...each(
    "iss",
    ["https://issuer.example/", "https://issuer.example#", "https://issuer.example ", "https://evil.example"],
    DETAIL.issuer,
  ),
  ...each(
    "iss",
    [
      "__proto__",
      "constructor",
      "toString",
      "https://issuer.example\0",
      "https://issuer.example.evil.example",
    ],
    DETAIL.issuer,
  ),
  ...each("aud", [undefined, ...TYPES.filter((value) => !Array.isArray(value) || true)], DETAIL.audienceForm),
  ...each(
    "aud",
    [["ledger", 7], ["ledger", null], ["", ""], [["ledger"]], { ledger: true }],
    DETAIL.audienceForm,
  ),
  ...each(
    "aud",
    ["Ledger", "LEDGER", "ledger ", " ledger", "ledger/", "ledger,other", "ledger other", "*"],
    DETAIL.audience,
  ),
  ...each(
    "aud",
    ["other", ["other"], ["other", "another"], "https://ledger", "ledgerx", "ledge", "l\u0435dger"],
    DETAIL.audience,
  ),
  ...["exp", "iat"].flatMap((name) => [
    invalid(`${name} missing`, own({ [name]: undefined }), `claim ${name} is missing`),
    ...each(name, times, `claim ${name} is not a time`),
  ]),
  ...each("nbf", times.slice(1), "claim nbf is not a time"),
  passes("nbf null", own({ nbf: null })),
  ...times.map((value) => passes(`auth_time ${show(value)}`, own({ auth_time: value }))),
  invalid("sub missing", own({ sub: undefined }), "claim sub is missing"),
  ...["sub", "jti", "client_id", "sid"].flatMap((name) =>
    each(name, identifiers, `claim ${name} is not a non-empty string`),
  ),
  ...["jti", "client_id"].map((name) =>
    invalid(`${name} missing`, own({ [name]: undefined }), "claim jti or client_id is missing"),
  ),
  ...[null, true, 7, {}, { admin: true }, [7], [null], [["admin"]], [{}], ["admin", {}]].map(grantsNothing),
  ...[null, true, 7, {}, { admin: true }, [7], [["admin"]], [{ value: 7 }], [{ display: "admin" }]].map(
    (value) => passes(`roles ${show(value)}`, own({ roles: value })),
  ),
  ...each(
    "cnf",
    [
      null,
      true,
      7,
      "jkt",
      [],
      {},
      { jkt: "" },
      { jkt: null },
      { jkt: [THUMBPRINT] },
      { kid: "a" },
      { jwk: {} },
    ],
    DETAIL.binding,
  ),
  ...each(
    "cnf",
    [{ jkt: THUMBPRINT, "x5t#S256": THUMBPRINT }, { JKT: THUMBPRINT }, { x5t: THUMBPRINT }],
    DETAIL.binding,
  ),
  ...each("cnf", [{ jkt: THUMBPRINT }], DETAIL.bound),
  ...each("cnf", [{ "x5t#S256": THUMBPRINT }], DETAIL.boundToCertificate),
];

const expired = (name: string, claims: Record<string, unknown>): HostileCase => ({
  name,
  fields: bearer(own(claims)),
  outcome: "TOKEN_EXPIRED",
  detail: DETAIL.expired,
});

/** The clock of the server stands at `NOW`, and it tolerates 5 seconds. */
const timely: readonly HostileCase[] = [
  expired("exp 5 s ago", { iat: NOW - 600, exp: NOW - 5 }),
  expired("exp 5.5 s ago", { iat: NOW - 600, exp: NOW - 5.5 }),
  expired("exp a day ago", { iat: NOW - 90_000, exp: NOW - 86_400 }),
  expired("exp at the beginning of time", { iat: 0, exp: 1 }),
  expired("exp before nbf, both past", { iat: NOW - 600, nbf: NOW - 100, exp: NOW - 200 }),
  passes("exp 4.999 s ago", own({ iat: NOW - 600, exp: NOW - 4.999 })),
  passes("exp now", own({ iat: NOW - 600, exp: NOW })),
  invalid("iat 5.001 s ahead", own({ iat: NOW + 5.001 }), DETAIL.early),
  invalid("iat an hour ahead", own({ iat: NOW + 3600, exp: NOW + 7200 }), DETAIL.early),
  invalid("iat in milliseconds", own({ iat: NOW * 1000, exp: END * 1000 }), DETAIL.life),
  invalid("exp in milliseconds", own({ exp: END * 1000 }), DETAIL.life),
  invalid("nbf 5.001 s ahead", own({ nbf: NOW + 5.001 }), DETAIL.early),
  invalid("nbf behind exp", own({ nbf: END + 1 }), DETAIL.early),
  invalid("nbf in milliseconds", own({ nbf: NOW * 1000 }), DETAIL.early),
  passes("auth_time ahead", own({ auth_time: NOW + 60 })),
  passes("auth_time in milliseconds", own({ auth_time: NOW * 1000 })),
  passes("iat 5 s ahead", own({ iat: NOW + 5 })),
  passes("nbf 5 s ahead", own({ nbf: NOW + 5 })),
  invalid("exp = iat", own({ exp: NOW }), DETAIL.life),
  invalid("exp before iat", own({ exp: NOW - 1 }), DETAIL.life),
  invalid("a life of a day and a second", own({ exp: NOW + 86_401 }), DETAIL.life),
  invalid("a life of a hundred years", own({ exp: NOW + 3_155_760_000 }), DETAIL.life),
  invalid("exp of 1e308", own({ exp: 1e308 }), DETAIL.life),
  invalid(
    "exp beyond every number",
    own(JSON.stringify(goodClaims()).replace(`"exp":${END}`, '"exp":1e999')),
    "claim exp is not a time",
  ),
  invalid(
    "a negative zero of iat",
    own(JSON.stringify(goodClaims()).replace(`"iat":${NOW}`, '"iat":-0.0')),
    DETAIL.life,
  ),
  passes("a life of a day", own({ exp: NOW + 86_400 })),
  passes("times with fractions", own({ iat: NOW - 0.5, exp: NOW + 0.5 })),
  passes("times in exponents", own(JSON.stringify(goodClaims()).replace(String(END), `${END / 10}e1`))),
];

/** Tokens that are meant for something else (R20). */
const otherTokens: readonly HostileCase[] = [
  invalid(
    "an ID token",
    own({ nonce: "n", at_hash: "h", azp: "app", aud: "app" }, { typ: "JWT" }),
    DETAIL.type,
  ),
  invalid("an ID token of typ at+jwt for its client", own({ nonce: "n", aud: "app" }), DETAIL.audience),
  invalid(
    "a logout token",
    own({ events: { "http://schemas.openid.net/event/backchannel-logout": {} } }, { typ: "logout+jwt" }),
    DETAIL.type,
  ),
  invalid(
    "a client assertion",
    own({ iss: "app", sub: "app", aud: "https://issuer.example" }),
    DETAIL.issuer,
  ),
  invalid(
    "a DPoP proof",
    own({ htm: "POST", htu: "https://ledger" }, { typ: "dpop+jwt", jwk: ownKey.jwk }),
    DETAIL.type,
  ),
  invalid("a refresh token", "csr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", DETAIL.segments),
  invalid("an authorization code", "SplxlOBeZQQYbYS6WxSbIA", DETAIL.segments),
  invalid(
    "a token of an issuer that is not trusted",
    foreign(evilKey, "https://evil.example"),
    DETAIL.issuer,
  ),
  invalid(
    "a token of one issuer in the name of another",
    signToken(rsKey, goodClaims(), { typ: "jwt" }),
    DETAIL.algorithm,
  ),
  invalid("a token of the attacker in the name of the issuer", signToken(evilKey), DETAIL.signature),
];

const decided: readonly HostileCase[] = [
  {
    name: "a revoked session",
    fields: bearer(own({ sid: "session-revoked" })),
    outcome: "SESSION_REVOKED",
    detail: "the session has been revoked",
  },
  ...["read", "", "Admin", "admin:read", "xadmin", ["read"], ["admin read"]].map(
    (scope): HostileCase => ({
      name: `scope ${show(scope)} where admin is needed`,
      method: "Admin",
      fields: bearer(own({ scope })),
      outcome: "INSUFFICIENT_SCOPE",
      detail: "the token lacks a scope that the method needs",
    }),
  ),
  {
    name: "no scope where admin is needed",
    method: "Admin",
    fields: bearer(own({ scope: undefined, scp: "admin", permissions: ["admin"] })),
    outcome: "INSUFFICIENT_SCOPE",
  },
  {
    name: "role admin where the scope is needed",
    method: "Admin",
    fields: bearer(own({ roles: ["admin"] })),
    outcome: "INSUFFICIENT_SCOPE",
  },
  {
    name: "the scope that is needed",
    method: "Admin",
    fields: bearer(own({ scope: "read admin" })),
    outcome: "passed",
  },
];

/** What the claims of a token say. */
export const claimCases: readonly HostileCase[] = [
  ...typed,
  ...timely,
  ...otherTokens,
  ...decided,
  passes("several audiences", own({ aud: ["other", "ledger"] })),
  passes("act: only the top level counts (R74)", own({ act: { sub: "admin", scope: "admin" } })),
  passes("unknown claims of every type", own({ a: null, b: [], c: {}, d: 1e300, e: "\u0000" })),
];
