import { notEmpty } from "../../support/not-empty.ts";
import { craftToken, goodClaims, ISSUED_AT_SECONDS, macOf, signToken } from "../../support/tokens.ts";
import { issuerKey } from "../connect/fixtures.ts";
import { LOGOUT_EVENT, logoutClaims, otherKey, signLogout } from "./logout-kit.ts";

const header = { alg: "ES256", typ: "logout+jwt", kid: issuerKey.kid };

/** What is no good logout token, and the rule that the provider and the log are told. */
export const REFUSED_LOGOUTS: readonly (readonly [what: string, token: string, rule: string])[] = notEmpty([
  ["no token", "logout", "the token is not three base64url segments"],
  ["an altered one", alter(signLogout()), "the signature does not verify"],
  [
    "one of another key",
    signLogout({}, { key: otherKey, kid: issuerKey.kid }),
    "the signature does not verify",
  ],
  ["one of another issuer's key", signLogout({}, { key: otherKey }), "the issuer has no such key"],
  [
    "one without a signature",
    craftToken({ ...header, alg: "none" }, logoutClaims(), () => Buffer.from("x")),
    "header alg is not allowed for the issuer",
  ],
  [
    "one that the public key has signed as a secret",
    craftToken({ ...header, alg: "HS256" }, logoutClaims(), macOf(JSON.stringify(issuerKey.jwk))),
    "header alg is not allowed for the issuer",
  ],
  ["one of a stranger", signLogout({ iss: "https://stranger.example" }), "the issuer is not trusted"],
  [
    "one with an extension",
    signLogout({}, { crit: ["exp"] }),
    "the header has an extension that is not understood",
  ],
  ["one of another type", signLogout({}, { typ: "JWT" }), "header typ is not that of a logout token"],
  ["one without a type", signLogout({}, { typ: undefined }), "header typ is not that of a logout token"],
  ["an access token", signToken(issuerKey, goodClaims()), "header typ is not that of a logout token"],
  [
    "an access token under its type",
    signLogout({ events: undefined, aud: "web" }),
    "claim events has no back-channel logout",
  ],
  [
    "one for another client",
    signLogout({ aud: "mobile" }),
    "claim aud names none of the clients whose logouts are taken",
  ],
  [
    "one for the server",
    signLogout({ aud: "ledger" }),
    "claim aud names none of the clients whose logouts are taken",
  ],
  [
    "one for no client",
    signLogout({ aud: undefined }),
    "claim aud names none of the clients whose logouts are taken",
  ],
  [
    "an expired one",
    signLogout({ iat: ISSUED_AT_SECONDS - 200, exp: ISSUED_AT_SECONDS - 80 }),
    "the token has expired",
  ],
  [
    "an old one that lasts",
    signLogout({ iat: ISSUED_AT_SECONDS - 700, exp: ISSUED_AT_SECONDS + 9_000 }),
    "the token has expired",
  ],
  ["one of the future", signLogout({ iat: ISSUED_AT_SECONDS + 60 }), "the token is not valid yet"],
  ["one without iat", signLogout({ iat: undefined }), "claim iat or exp is missing"],
  ["one without exp", signLogout({ exp: undefined }), "claim iat or exp is missing"],
  ["one whose time is text", signLogout({ iat: "now" }), "claim iat is not a time"],
  ["one without jti", signLogout({ jti: undefined }), "claim jti is missing"],
  ["one with a nonce", signLogout({ nonce: "n" }), "claim nonce is one that is refused"],
  ["one with an empty nonce", signLogout({ nonce: null }), "claim nonce is one that is refused"],
  ["one without sid and sub", signLogout({ sid: undefined, sub: undefined }), "claim sid or sub is missing"],
  ["one whose sid is a list", signLogout({ sid: ["session-1"] }), "claim sid is not a non-empty string"],
  [
    "one whose sub is an object",
    signLogout({ sid: undefined, sub: {} }),
    "claim sub is not a non-empty string",
  ],
  ["one without the event", signLogout({ events: {} }), "claim events has no back-channel logout"],
  [
    "one whose events are a list",
    signLogout({ events: [LOGOUT_EVENT] }),
    "claim events has no back-channel logout",
  ],
  [
    "one whose event is null",
    signLogout({ events: { [LOGOUT_EVENT]: null } }),
    "claim events has no back-channel logout",
  ],
  [
    "one whose event is text",
    signLogout({ events: { [LOGOUT_EVENT]: "yes" } }),
    "claim events has no back-channel logout",
  ],
  ["one that is too long", signLogout({ pad: "x".repeat(9_000) }), "the token is longer than 8192 bytes"],
]);

function alter(token: string): string {
  const [head, , signature] = token.split(".");
  return `${head}.${Buffer.from(JSON.stringify(logoutClaims({ sub: "usr_bob" }))).toString("base64url")}.${signature}`;
}
