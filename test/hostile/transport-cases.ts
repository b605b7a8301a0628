import { bearer, DETAIL, type HeaderFields, type HostileCase } from "./hostile-case.ts";
import { own } from "./issuers.ts";

const good = own();
const authorization = (value: string): HeaderFields => [["authorization", value]];

const schemes: Readonly<Record<string, string>> = {
  "an empty value": "",
  "Bearer alone": "Bearer",
  "no scheme": good,
  "scheme Basic": "Basic YWRtaW46YWRtaW4=",
  "scheme Basic with a token": `Basic ${good}`,
  "scheme Digest": 'Digest username="a", realm="b"',
  "scheme Negotiate": "Negotiate YII=",
  "scheme DPoP": `DPoP ${good}`,
  "scheme MAC": `MAC id="${good}"`,
  "scheme Token": `Token ${good}`,
  "scheme JWT": `JWT ${good}`,
  "scheme Bearer2": `Bearer2 ${good}`,
  "scheme xBearer": `xBearer ${good}`,
  "scheme Bear": `Bear er${good}`,
  "a colon behind the scheme": `Bearer: ${good}`,
  "an equals sign behind the scheme": `Bearer=${good}`,
  "a comma behind the scheme": `Bearer,${good}`,
  "no space behind the scheme": `Bearer${good}`,
  "a tab behind the scheme": `Bearer\t${good}`,
  "a space and a tab": `Bearer \t${good}`,
  "the scheme twice": `Bearer Bearer ${good}`,
  "two tokens with a space": `Bearer ${good} ${good}`,
  "two tokens with a comma": `Bearer ${good},${good}`,
  "two credentials in one value": `Bearer ${good}, Bearer ${good}`,
  "another scheme behind": `Bearer ${good}, Basic YTpi`,
  "another scheme before": `Basic YTpi, Bearer ${good}`,
  "a semicolon behind": `Bearer ${good};`,
  "double quotes": `Bearer "${good}"`,
  "single quotes": `Bearer '${good}'`,
  "angle brackets": `Bearer <${good}>`,
  braces: `Bearer {${good}}`,
  "a parameter": `Bearer token=${good}`,
  "a parameter in quotes": `Bearer token="${good}"`,
  "realm as sent by servers": 'Bearer realm="countersign"',
  "a token and a parameter": `Bearer ${good}, realm="x"`,
  "percent-encoding of the dots": `Bearer ${good.replaceAll(".", "%2E")}`,
  "a query in the token": `Bearer ${good}?a=b`,
  "a fragment in the token": `Bearer ${good}#a`,
  "letters beyond ASCII": `Bearer ${good}\u00e9`,
  "a non-breaking space": `Bearer\u00a0${good}`,
  "a soft hyphen in the token": `Bearer ${good.replace(".", ".\u00ad")}`,
  "UTF-8 bytes of a Cyrillic letter": `\u00d0\u0092earer ${good}`,
  "null as a word": "Bearer null",
  "undefined as a word": "Bearer undefined",
  "an object as a word": "Bearer [object Object]",
};

const passing: Readonly<Record<string, string>> = {
  "scheme bearer": `bearer ${good}`,
  "scheme BEARER": `BEARER ${good}`,
  "scheme bEaReR": `bEaReR ${good}`,
  "three spaces": `Bearer   ${good}`,
};

const other = own({ sub: "usr_eve" });
const twice: Readonly<Record<string, HeaderFields>> = {
  "one token in two headers": [...bearer(good), ...bearer(good)],
  "two tokens in two headers": [...bearer(good), ...bearer(other)],
  "a good token, then a bad one": [...bearer(good), ...bearer("a.b.c")],
  "a bad token, then a good one": [...bearer("a.b.c"), ...bearer(good)],
  "a token, then Basic": [...bearer(good), ["authorization", "Basic YTpi"]],
  "Basic, then a token": [["authorization", "Basic YTpi"], ...bearer(good)],
  "a token, then nothing": [...bearer(good), ["authorization", ""]],
  "three headers": [...bearer(good), ...bearer(good), ...bearer(good)],
  "two headers with others between": [...bearer(good), ["x-a", "b"], ...bearer(good)],
};

const elsewhere: Readonly<Record<string, HeaderFields>> = {
  "nothing at all": [],
  "a cookie": [["cookie", `access_token=${good}; authorization=Bearer ${good}`]],
  "x-access-token": [["x-access-token", good]],
  "x-authorization": [["x-authorization", `Bearer ${good}`]],
  "x-forwarded-authorization": [["x-forwarded-authorization", `Bearer ${good}`]],
  "proxy-authorization": [["proxy-authorization", `Bearer ${good}`]],
  "authorization-bearer": [["authorization-bearer", good]],
  "a header of the user": [
    ["x-user", "admin"],
    ["x-forwarded-user", "admin"],
    ["x-remote-user", "admin"],
  ],
  "a header of the subject": [
    ["sub", "usr_ada"],
    ["countersign-subject", "usr_ada"],
  ],
  "a client certificate by header": [
    ["x-forwarded-client-cert", "Hash=abc;Subject=admin"],
    ["ssl-client-verify", "SUCCESS"],
  ],
  "a DPoP proof alone": [["dpop", good]],
  "a method override": [["x-http-method-override", "OPTIONS"]],
  "a preflight's headers": [
    ["origin", "https://evil.example"],
    ["access-control-request-method", "POST"],
  ],
  "a local address": [
    ["x-forwarded-for", "127.0.0.1"],
    ["x-real-ip", "127.0.0.1"],
  ],
};

const queries: readonly HostileCase[] = [
  ["a token in the query", `?access_token=${good}`, [], "TOKEN_MISSING", DETAIL.missing],
  ["a header in the query", `?authorization=Bearer%20${good}`, [], "TOKEN_MISSING", DETAIL.missing],
  ["another name in the query", `?token=${good}&jwt=${good}`, [], "TOKEN_MISSING", DETAIL.missing],
  [
    "a token in the query and the same in the header",
    `?access_token=${good}`,
    bearer(good),
    "TOKEN_INVALID",
    DETAIL.twice,
  ],
  [
    "a bad token in the query and a good one in the header",
    "?access_token=a.b.c",
    bearer(good),
    "TOKEN_INVALID",
    DETAIL.twice,
  ],
  [
    "an empty token in the query and a good one in the header",
    "?access_token=",
    bearer(good),
    "TOKEN_INVALID",
    DETAIL.twice,
  ],
  ["an escaped name in the query", "?access%5Ftoken=a", bearer(good), "TOKEN_INVALID", DETAIL.twice],
  [
    "another parameter that looks alike",
    "?xaccess_token=a&access_token2=b",
    bearer(good),
    "passed",
    undefined,
  ],
].map(([name, query, fields, outcome, detail]) => ({ name, query, fields, outcome, detail }) as HostileCase);

const optional: readonly HostileCase[] = [
  { name: "OPTIONAL without a token", method: "Optional", fields: [], outcome: "passed" },
  {
    name: "OPTIONAL with a bad token",
    method: "Optional",
    fields: bearer("a.b.c"),
    outcome: "TOKEN_INVALID",
    detail: DETAIL.canonical,
  },
  {
    name: "OPTIONAL with another scheme",
    method: "Optional",
    fields: authorization("Basic YTpi"),
    outcome: "TOKEN_INVALID",
    detail: DETAIL.form,
  },
  {
    name: "OPTIONAL with an empty header",
    method: "Optional",
    fields: authorization(""),
    outcome: "TOKEN_INVALID",
    detail: DETAIL.form,
  },
  {
    name: "OPTIONAL with two headers",
    method: "Optional",
    fields: [...bearer(good), ...bearer(good)],
    outcome: "TOKEN_INVALID",
    detail: DETAIL.twice,
  },
  { name: "OPTIONAL with a good token", method: "Optional", fields: bearer(good), outcome: "passed" },
];

const sizes: readonly HostileCase[] = [8193, 8300, 12_000, 30_000].map((length) => ({
  name: `a token of ${length} characters`,
  fields: bearer(good + "A".repeat(length - good.length)),
  outcome: "TOKEN_INVALID",
  detail: `the access token has ${length} bytes, and this server takes 8192 at the most`,
}));

/** Bytes that no header may hold, and more of them than anyone needs: HTTP/1.1 itself refuses them, with a status. */
export const unreadable: Readonly<Record<string, readonly [fields: HeaderFields, status: number]>> = {
  "a null byte": [authorization(`Bearer ${good}\0`), 400],
  "a bare carriage return": [authorization(`Bearer ${good}\rx`), 400],
  "an escape": [authorization(`Bearer ${good}\x1b`), 400],
  "a space before the colon": [[["authorization ", `Bearer ${good}`]], 400],
  "a name with a null byte": [[["authoriza\0tion", `Bearer ${good}`]], 400],
  "100 KiB": [authorization(`Bearer ${"a".repeat(100 * 1024)}`), 431],
};

function detailOf(value: string): string {
  if (value.startsWith("DPoP ")) {
    return DETAIL.unbound;
  }
  return /^Bearer ./.test(value) ? DETAIL.segments : DETAIL.form;
}

/** How a token is sent. */
export const transportCases: readonly HostileCase[] = [
  ...Object.entries(schemes).map(
    ([name, value]): HostileCase => ({
      name,
      fields: authorization(value),
      outcome: "TOKEN_INVALID",
      detail: detailOf(value),
    }),
  ),
  ...Object.entries(passing).map(
    ([name, value]): HostileCase => ({ name, fields: authorization(value), outcome: "passed" }),
  ),
  ...Object.entries(twice).map(
    ([name, fields]): HostileCase => ({ name, fields, outcome: "TOKEN_INVALID", detail: DETAIL.twice }),
  ),
  ...Object.entries(elsewhere).map(
    ([name, fields]): HostileCase => ({ name, fields, outcome: "TOKEN_MISSING", detail: DETAIL.missing }),
  ),
  ...queries,
  ...optional,
  ...sizes,
];
