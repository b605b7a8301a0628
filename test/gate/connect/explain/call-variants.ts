import { Access, TokenBinding } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import type { RevocationCheck } from "../../../../server/gate/src/authenticate/authenticator.ts";
import type { AuthOptions } from "../../../../server/gate/src/connect/auth-options.ts";
import { createRefusal } from "../../../../server/gate/src/errors/refusal.ts";
import { type EchoMethod, echoService } from "../../../support/echo-service.ts";
import { createProofKey, signProof, thumbprintOf } from "../../../support/proofs.ts";
import {
  craftToken,
  createSigningKey,
  encodePart,
  goodClaims,
  ISSUED_AT_SECONDS,
  LIFE_SECONDS,
  macOf,
  type SigningKey,
  signToken,
} from "../../../support/tokens.ts";

const key = createSigningKey("ES256", "key-1");
const stranger = createSigningKey("ES256", "key-1");
const SECRET = new Uint8Array(32).fill(7);

/** The issuers of these tests: one with keys, one with a secret, and one whose keys cannot be had. */
export const ISSUERS: AuthOptions["issuers"] = [
  { issuer: "https://issuer.example", keys: { jwks: { keys: [key.jwk] } } },
  { issuer: "https://secret.example", keys: { sharedSecret: SECRET }, types: ["JWT"] },
  {
    issuer: "https://down.example",
    keys: {
      source: {
        find() {
          throw createRefusal("AUTH_UNAVAILABLE", "the issuer's keys cannot be had just now", {
            facts: { check: "keys_unavailable" },
          });
        },
        isTrusted: () => false,
      },
    },
  },
];

/** One session is revoked, and of one subject it cannot be known. */
export const REVOCATIONS: RevocationCheck = {
  isRevoked({ sessionId, subject }) {
    if (subject === "usr_unknowable") {
      throw createRefusal("AUTH_UNAVAILABLE", "what is revoked cannot be known", {
        facts: { check: "revocations_unavailable" },
      });
    }
    return sessionId === "session-revoked";
  },
};

const { PUBLIC, OPTIONAL, AUTHENTICATED } = Access;

/** A method for each condition that a policy can set. */
const METHODS: Readonly<Record<string, EchoMethod>> = {
  Public: { policy: { access: PUBLIC } },
  Optional: { policy: { access: OPTIONAL } },
  OptionalRule: { policy: { access: OPTIONAL, rule: "principal.anonymous || request.text == 'yes'" } },
  Plain: { policy: { access: AUTHENTICATED } },
  Scopes: { policy: { access: AUTHENTICATED, scopes: ["read", "audit"] } },
  AnyScopes: { policy: { access: AUTHENTICATED, anyScopes: ["audit", "admin"] } },
  Roles: { policy: { access: AUTHENTICATED, roles: ["admin", "editor"] } },
  Vault: { policy: { access: AUTHENTICATED, audiences: ["vault"] } },
  Clients: { policy: { access: AUTHENTICATED, clientIds: ["console"] } },
  Fresh: { policy: { access: AUTHENTICATED, maxAuthAge: { seconds: 60n } } },
  Strong: { policy: { access: AUTHENTICATED, acrValues: ["gold"] } },
  Bound: { policy: { access: AUTHENTICATED, binding: TokenBinding.REQUIRED } },
  Owner: { policy: { access: AUTHENTICATED, rule: "request.text == principal.subject" } },
  Inner: { policy: { access: AUTHENTICATED, rule: "request.count > 0 && 10 / request.count > 2" } },
  Watch: {
    policy: { access: AUTHENTICATED, scopes: ["read"], rule: "request.text != 'secret'" },
    kind: "server_streaming",
  },
};

/** Their service. */
export const service = echoService(METHODS);
/** Their names. */
export const METHOD_NAMES = Object.keys(METHODS);

/** Messages, as JSON. */
export const MESSAGES: readonly Readonly<Record<string, unknown>>[] = [
  {},
  { text: "usr_ada" },
  { text: "yes", count: "3" },
  { text: "secret", count: "0", inner: { text: "usr_ada" } },
  { text: "\u0000\u202e", count: "-9223372036854775808" },
];

const proofKey = createProofKey();
const NOW = ISSUED_AT_SECONDS;

/** Claims that differ from good ones, or are missing. */
const CLAIMS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "good claims": {},
  "all that methods ask for": {
    scope: "read write audit",
    roles: ["admin"],
    aud: ["ledger", "vault"],
    client_id: "console",
    auth_time: NOW - 5,
    acr: "gold",
  },
  "an old sign-in": { auth_time: NOW - 3600, acr: "silver" },
  "scopes in a list": { scope: ["read", "audit"] },
  "no scopes": { scope: undefined },
  "the audience of a method": { aud: "vault" },
  "the audience of another server": { aud: "account" },
  "no audience": { aud: undefined },
  "an audience that is none": { aud: [""] },
  "another issuer": { iss: "https://stranger.example" },
  "an issuer that is none": { iss: { toString: "x" } },
  "an issuer by the name of a prototype": { iss: "__proto__" },
  "an issuer without keys": { iss: "https://down.example" },
  "no subject": { sub: undefined },
  "an empty subject": { sub: "" },
  "a subject with controls": { sub: "usr\u0007" },
  "an end long ago": { iat: NOW - 1000, exp: NOW - 400 },
  "an end within the tolerance": { iat: NOW - 604, exp: NOW - 4 },
  "no end": { exp: undefined },
  "an end that is none": { exp: "soon" },
  "a beginning that is to come": { nbf: NOW + 60 },
  "a beginning within the tolerance": { nbf: NOW + 4 },
  "a life too long": { exp: NOW + 48 * 3600 },
  "no beginning": { iat: undefined },
  "a revoked session": { sid: "session-revoked" },
  "a subject that cannot be known": { sub: "usr_unknowable" },
  "a key of the sender": { cnf: { jkt: thumbprintOf(proofKey) } },
  "a key of the sender, and scopes": { cnf: { jkt: thumbprintOf(proofKey) }, scope: "read write audit" },
  "a certificate of the sender": { cnf: { "x5t#S256": thumbprintOf(proofKey) } },
  "a key of the sender that is none": { cnf: 1 },
  "an actor that is none": { act: "somebody" },
  "an actor": { act: { sub: "svc_gateway" } },
};

/** Where clients reach the server, as proofs name it. */
export const PUBLIC_URL = "https://api.example.com";

/** Proofs, each by what is said of it. The first is none. */
export const PROOFS: Readonly<Record<string, (path: string, token: string) => string | undefined>> = {
  none: () => undefined,
  good: (path, token) => signProof(proofKey, { claims: { htu: PUBLIC_URL + path }, token }),
  "for another method": (_, token) => signProof(proofKey, { claims: { htu: PUBLIC_URL }, token }),
  "for another token": (path) => signProof(proofKey, { claims: { htu: PUBLIC_URL + path }, token: "x" }),
  "of yesterday": (path, token) =>
    signProof(proofKey, { claims: { htu: PUBLIC_URL + path, iat: NOW - 86_400 }, token }),
};

/** Makes the text that stands behind `Bearer `; undefined: nothing is sent. */
type MakeToken = () => string | undefined;

const sign =
  (
    claims: Readonly<Record<string, unknown>> = {},
    header: Readonly<Record<string, unknown>> = {},
    by: SigningKey = key,
  ): MakeToken =>
  () =>
    signToken(by, goodClaims(claims), header);

const GOOD = signToken(key);
const [HEADER = "", PAYLOAD = "", SIGNATURE = ""] = GOOD.split(".");

/** Tokens, each by what is said of it. */
export const TOKENS: Readonly<Record<string, MakeToken>> = {
  nothing: () => undefined,
  ...Object.fromEntries(Object.entries(CLAIMS).map(([name, claims]) => [name, sign(claims)])),
  "the signature of a stranger": sign({}, {}, stranger),
  "a key that the issuer does not have": sign({}, { kid: "key-9" }),
  "a key by the name of a prototype": sign({}, { kid: "constructor" }),
  "a key that is no text": sign({}, { kid: 7 }),
  "no key": sign({}, { kid: undefined }),
  "algorithm none": () => craftToken({ alg: "none", typ: "at+jwt" }, goodClaims(), () => new Uint8Array(1)),
  "an algorithm of secrets": () =>
    craftToken({ alg: "HS256", typ: "at+jwt" }, goodClaims(), macOf("x".repeat(32))),
  "the type of an ID token": sign({}, { typ: "JWT" }),
  "no type": sign({}, { typ: undefined }),
  "an extension": sign({}, { crit: ["b64"], b64: false }),
  "the shared secret": () =>
    craftToken({ alg: "HS256", typ: "JWT" }, goodClaims({ iss: "https://secret.example" }), macOf(SECRET)),
  "another secret": () =>
    craftToken(
      { alg: "HS256", typ: "JWT" },
      goodClaims({ iss: "https://secret.example" }),
      macOf("y".repeat(32)),
    ),
  garbage: () => "garbage",
  "two tokens": () => `${GOOD} ${GOOD}`,
  "four segments": () => `${GOOD}.x`,
  "an empty signature": () => `${HEADER}.${PAYLOAD}.`,
  "a padded payload": () => `${HEADER}.${PAYLOAD}=.${SIGNATURE}`,
  "another payload": () => `${HEADER}.${encodePart(goodClaims({ sub: "usr_root" }))}.${SIGNATURE}`,
  "a payload with a name twice": () =>
    craftToken({ alg: "ES256", typ: "at+jwt", kid: "key-1" }, '{"iss":1,"iss":2}', key.sign),
  "a payload that is no object": () =>
    craftToken({ alg: "ES256", typ: "at+jwt", kid: "key-1" }, "[]", key.sign),
  "a token that is too long": sign({ pad: "x".repeat(9000) }),
  "an end at the tolerance": sign({ iat: NOW - LIFE_SECONDS, exp: NOW - 5 }),
};
