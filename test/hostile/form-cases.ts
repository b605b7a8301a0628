import { craftToken, encodePart, goodClaims } from "../support/tokens.ts";
import { DETAIL, type HostileCase, invalid, passes } from "./hostile-case.ts";
import { own, ownKey, ownWithHeader } from "./issuers.ts";

const good = own();
const [header = "", payload = "", signature = ""] = good.split(".");
const HEADER = { alg: "ES256", typ: "at+jwt", kid: "own-1" };
const claimsText = JSON.stringify(goodClaims());
const signed = (head: string | Uint8Array, claims: string | Uint8Array) =>
  craftToken(head, claims, ownKey.sign);
const headerText = JSON.stringify(HEADER);

/** Put a member at the end of JSON text. */
const extend = (text: string, member: string) => `${text.slice(0, -1)},${member}}`;
const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, "utf16le");

const segments: Readonly<Record<string, string>> = {
  "one segment": header,
  "two segments": `${header}.${payload}`,
  "four segments": `${good}.${signature}`,
  "five segments": `${good}.${signature}.${signature}`,
  "only dots": "..",
  "many dots": ".".repeat(4000),
  "a leading dot": `.${good}`,
  "a trailing dot": `${good}.`,
  "an empty header": `.${payload}.${signature}`,
  "an empty payload": `${header}..${signature}`,
  "an empty signature": `${header}.${payload}.`,
  "padding of one": `${good}=`,
  "padding of two": `${good}==`,
  "a plus sign": `${header}.${payload}.+${signature.slice(1)}`,
  "a slash": `${header}.${payload}./${signature.slice(1)}`,
  "a tilde": `${good}~`,
};

const canonical: Readonly<Record<string, string>> = {
  "an impossible length": `${good}AAA`,
  "one character for a signature": `${header}.${payload}.A`,
  ...Object.fromEntries(
    [1, 2, 3].map((bit) => [`unused bit ${bit} of the signature`, setUnusedBit(good, bit)]),
  ),
};

/** The signature has 64 bytes: its last character carries 2 bits, and 4 that are unused. */
function setUnusedBit(token: string, bit: number): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return token.slice(0, -1) + (alphabet[alphabet.indexOf(token.slice(-1)) | (1 << bit)] ?? "");
}

const headers: Readonly<Record<string, string | Uint8Array>> = {
  "an array": "[]",
  text: '"ES256"',
  null: "null",
  "a number": "7",
  "no JSON": "alg=ES256",
  "a byte order mark": `\ufeff${headerText}`,
  "text behind it": `${headerText}x`,
  "another object behind it": `${headerText}{}`,
  "a null byte behind it": `${headerText}\0`,
  "a comment": `/**/${headerText}`,
  "single quotes": headerText.replaceAll('"', "'"),
  "alg twice, the same": extend(headerText, '"alg":"ES256"'),
  "alg twice, first none": `{"alg":"none",${headerText.slice(1)}`,
  "alg twice, last none": extend(headerText, '"alg":"none"'),
  "alg twice, escaped": extend(headerText, '"\\u0061lg":"none"'),
  "kid twice": extend(headerText, '"kid":"own-2"'),
  "typ twice": extend(headerText, '"typ":"JWT"'),
  "crit twice": extend(headerText, '"crit":["a"],"crit":["b"]'),
  "a name twice in jwk": extend(headerText, '"jwk":{"kty":"EC","kty":"oct"}'),
  "a name twice five levels down": extend(headerText, '"x":[[[[{"a":1,"a":2}]]]]'),
  "half a surrogate pair": extend(headerText, '"x":"\\ud800"'),
  "100 levels": extend(headerText, `"x":${nested(100)}`),
  "1,000 levels": extend(headerText, `"x":${nested(1000)}`),
};

const payloads: Readonly<Record<string, string | Uint8Array>> = {
  "an array": `[${claimsText}]`,
  text: '"usr_ada"',
  null: "null",
  true: "true",
  "a number": "1e3",
  "no JSON": "sub=usr_ada",
  "a nested JWT": good,
  "a nested JWT as text": JSON.stringify(good),
  "a byte order mark": `\ufeff${claimsText}`,
  "text behind it": `${claimsText}x`,
  "another object behind it": `${claimsText}{"sub":"admin"}`,
  "a null byte behind it": `${claimsText}\0`,
  "a trailing comma": `${claimsText.slice(0, -1)},}`,
  "a comment": `${claimsText}//`,
  NaN: extend(claimsText, '"x":NaN'),
  "a hexadecimal number": extend(claimsText, '"x":0x10'),
  "a raw line feed in text": extend(claimsText, '"x":"a\nb"'),
  ...Object.fromEntries(
    ["iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope", "roles"].map((name) => [
      `${name} twice`,
      extend(claimsText, `"${name}":${JSON.stringify(goodClaims()[name])}`),
    ]),
  ),
  "sub twice, escaped": extend(claimsText, '"s\\u0075b":"admin"'),
  "a name twice one level down": extend(claimsText, '"act":{"sub":"a","sub":"b"}'),
  "a name twice in an array": extend(claimsText, '"x":[{"a":1,"a":2}]'),
  "__proto__ twice": extend(claimsText, '"__proto__":{},"__proto__":{}'),
  "half a surrogate pair in sub": claimsText.replace("usr_ada", "usr_\\ud800"),
  "half a surrogate pair in a name": extend(claimsText, '"\\udfff":1'),
  "17 levels": extend(claimsText, `"x":${nested(16)}`),
  "1,500 levels": extend(claimsText, `"x":${nested(1500)}`),
};

const notUtf8: readonly HostileCase[] = [
  invalid("header in UTF-16", signed(utf16(headerText), claimsText), DETAIL.headerUtf8),
  invalid(
    "header in Latin-1",
    signed(Buffer.from(extend(headerText, '"x":"\u00e9"'), "latin1"), claimsText),
    DETAIL.headerUtf8,
  ),
  invalid("payload in UTF-16", signed(headerText, utf16(claimsText)), DETAIL.payloadUtf8),
  invalid(
    "payload in Latin-1",
    signed(headerText, Buffer.from(extend(claimsText, '"x":"\u00e9"'), "latin1")),
    DETAIL.payloadUtf8,
  ),
  invalid(
    "payload with an overlong slash",
    signed(headerText, bytesIn(claimsText, [0xc0, 0xaf])),
    DETAIL.payloadUtf8,
  ),
  invalid(
    "payload with a surrogate in UTF-8",
    signed(headerText, bytesIn(claimsText, [0xed, 0xa0, 0x80])),
    DETAIL.payloadUtf8,
  ),
  invalid(
    "payload with a character beyond Unicode",
    signed(headerText, bytesIn(claimsText, [0xf5, 0x80, 0x80, 0x80])),
    DETAIL.payloadUtf8,
  ),
  invalid(
    "payload that breaks off in a character",
    signed(headerText, Buffer.concat([Buffer.from(claimsText), Buffer.of(0xe2)])),
    DETAIL.payloadUtf8,
  ),
  invalid(
    "payload compressed",
    signed(headerText, Buffer.from("1f8b080000000000000a", "hex")),
    DETAIL.payloadUtf8,
  ),
];

function bytesIn(text: string, bytes: readonly number[]): Uint8Array {
  return Buffer.concat([Buffer.from(`${text.slice(0, -1)},"x":"`), Buffer.from(bytes), Buffer.from('"}')]);
}

const serializations: readonly HostileCase[] = [
  ...[
    { payload, protected: header, signature },
    { payload, signatures: [{ protected: header, signature }] },
  ].map((json, at) => invalid(`JSON serialization ${at}`, JSON.stringify(json), DETAIL.segments)),
  invalid(
    "JSON serialization in base64url",
    encodePart(JSON.stringify({ payload, signature })),
    DETAIL.segments,
  ),
  invalid("a token in base64url once more", encodePart(good), DETAIL.segments),
  invalid("a JWE", `${encodePart({ alg: "dir", enc: "A256GCM" })}..AAAA.AAAA.AAAA`, DETAIL.segments),
  invalid("a PASETO", "v4.public.AAAA", DETAIL.canonical),
  invalid("an opaque token", "csr_0123456789abcdef", DETAIL.segments),
  invalid("a Macaroon", "MDAxY2xvY2F0aW9uIGh0dHA6Ly9teWJhbmsvCjAwMjZpZGVu", DETAIL.segments),
];

/** How a token is written. */
export const formCases: readonly HostileCase[] = [
  ...Object.entries(segments).map(([name, token]) => invalid(`form: ${name}`, token, DETAIL.segments)),
  ...Object.entries(canonical).map(([name, token]) => invalid(`form: ${name}`, token, DETAIL.canonical)),
  ...Object.entries(headers).map(([name, text]) =>
    invalid(`header: ${name}`, ownWithHeader(text), DETAIL.headerJson),
  ),
  ...Object.entries(payloads).map(([name, text]) =>
    invalid(`payload: ${name}`, own(text), DETAIL.payloadJson),
  ),
  ...notUtf8,
  ...serializations,
  passes("header with white space", ownWithHeader(` ${headerText}\n`)),
  passes("payload with white space and escapes", own(claimsText.replace('"sub"', ' "\\u0073ub" '))),
  passes("payload with 16 levels", own(extend(claimsText, `"x":${nested(15)}`))),
  passes("payload with __proto__", own(extend(claimsText, '"__proto__":{"scope":"admin"}'))),
  passes("payload with letters of every kind", own({ name: "Ada \u00e9 \u4f60 \ud83d\ude00" })),
];
