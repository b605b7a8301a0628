import { randomUUID } from "node:crypto";
import { notEmpty } from "../../support/not-empty.ts";
import { createProofKey, type ProofParts, publicPartOf, sha256, signProof } from "../../support/proofs.ts";
import { craftToken, encodePart, ISSUED_AT_SECONDS, macOf, signerOf } from "../../support/tokens.ts";

/** A call that proofs are made for. */
export interface ProofTarget {
  readonly publicUrl: string;
  readonly path: string;
  readonly token: string;
}

/** Write the URL of a call. */
const htuOf = ({ publicUrl, path }: ProofTarget): string => publicUrl + path;

/** The key that the token is bound to, and one of somebody else. */
export const ownKey = createProofKey();
const otherKey = createProofKey();
const ed25519Key = createProofKey("Ed25519");
const rsaKey = createProofKey("RS256");
const p384Key = createProofKey("ES384");

const partsOf = (to: ProofTarget) => ({ claims: { htu: htuOf(to) }, token: to.token });

/** Sign a proof that is good but for some claims. */
export function goodProof(to: ProofTarget, claims: ProofParts["claims"] = {}): string {
  return signProof(ownKey, { claims: { htu: htuOf(to), ...claims }, token: to.token });
}

const withHeader = (to: ProofTarget, header: ProofParts["header"]): string =>
  signProof(ownKey, { ...partsOf(to), header: { ...header } });

const jwk = publicPartOf(ownKey);
const privateJwk = ownKey.privateKey.export({ format: "jwk" });
const header = { typ: "dpop+jwt", alg: "ES256", jwk };
const ofRsa = signerOf("RS256", rsaKey.privateKey);

function payloadOf(to: ProofTarget) {
  return { jti: randomUUID(), htm: "POST", htu: htuOf(to), iat: ISSUED_AT_SECONDS, ath: sha256(to.token) };
}

function segmentsOf(to: ProofTarget) {
  const [head = "", body = "", signature = ""] = goodProof(to).split(".");
  const tampered = Buffer.from(signature, "base64url").fill(7, 0, 1).toString("base64url");
  return { head, body, signature, tampered };
}

const FORM = "the DPoP proof is not one JWT";
const JWK = "header jwk is not a key";
const OF_ALG = "header jwk is not a key of header alg";
const PRIVATE = "header jwk is not a public key";
const PARTS = "header jwk lacks a part of the key";
const TYP = "header typ is not that of a DPoP proof";
const ALG = "header alg is not allowed for a DPoP proof";
const EXTENSION = "the header has an extension that is not understood";
const JTI = "claim jti is not an identifier";
const HTM = "claim htm is not the method of the request";
const HTU_RULE = "claim htu is not the URL of the call";
const IAT = "claim iat is not a time";
const FAR = "claim iat is too far from now";
const ATH = "claim ath is not the hash of the access token";
const KEY = "the DPoP proof is of another key";
const SIGNATURE = "the signature of the DPoP proof does not verify";

type HostileProof = readonly [what: string, make: (to: ProofTarget) => string, rule: string];

/** Proofs that must be refused, each with the rule that it breaks. */
export const HOSTILE_PROOFS: readonly HostileProof[] = notEmpty<readonly HostileProof[]>([
  ["nothing", () => "", FORM],
  ["white space", () => " ", FORM],
  [
    "an access token in place of one",
    (to) => craftToken({ alg: "ES256", typ: "at+jwt" }, payloadOf(to), ownKey.sign),
    TYP,
  ],
  ["two proofs in one header", (to) => `${goodProof(to)}, ${goodProof(to)}`, FORM],
  ["a JWE", (to) => `${goodProof(to)}.AAAA.AAAA`, FORM],
  ["no signature", (to) => `${segmentsOf(to).head}.${segmentsOf(to).body}.`, FORM],
  ["padding", (to) => `${segmentsOf(to).head}.${segmentsOf(to).body}.${segmentsOf(to).signature}==`, FORM],
  [
    "a name that stands twice",
    (to) => craftToken(header, JSON.stringify(payloadOf(to)).replace("{", '{"htu":"x",'), ownKey.sign),
    FORM,
  ],
  [
    "a header name that stands twice",
    (to) => craftToken(JSON.stringify(header).replace("{", '{"alg":"none",'), payloadOf(to), ownKey.sign),
    FORM,
  ],
  ["text that is longer than is taken", (to) => goodProof(to, { long: "x".repeat(8_192) }), FORM],
  ["no typ", (to) => withHeader(to, { typ: undefined }), TYP],
  ["typ JWT", (to) => withHeader(to, { typ: "JWT" }), TYP],
  ["typ in capitals", (to) => withHeader(to, { typ: "DPOP+JWT" }), TYP],
  ["alg none", (to) => craftToken({ ...header, alg: "none" }, payloadOf(to), () => Buffer.alloc(1)), ALG],
  ["no alg", (to) => withHeader(to, { alg: undefined }), ALG],
  [
    "a MAC under the public key",
    (to) => craftToken({ ...header, alg: "HS256" }, payloadOf(to), macOf(JSON.stringify(jwk))),
    ALG,
  ],
  ["an algorithm that takes too long", (to) => signProof(p384Key, partsOf(to)), ALG],
  ["alg in a list", (to) => withHeader(to, { alg: ["ES256"] }), ALG],
  ["crit", (to) => withHeader(to, { crit: ["b64"], b64: false }), EXTENSION],
  ["a token inside", (to) => withHeader(to, { cty: "dpop" }), EXTENSION],
  ["no key", (to) => withHeader(to, { jwk: undefined }), JWK],
  ["a key as text", (to) => withHeader(to, { jwk: JSON.stringify(jwk) }), JWK],
  ["a list of keys", (to) => withHeader(to, { jwk: [jwk] }), JWK],
  [
    "the name of a key alone",
    (to) => withHeader(to, { jwk: undefined, kid: "proof", jku: "https://evil.example" }),
    JWK,
  ],
  ["the private key", (to) => withHeader(to, { jwk: privateJwk }), PRIVATE],
  ["a shared key", (to) => withHeader(to, { jwk: { kty: "oct", k: "AAAA" } }), PRIVATE],
  ["a key of another type", (to) => withHeader(to, { jwk: publicPartOf(rsaKey) }), OF_ALG],
  ["a key of another curve", (to) => withHeader(to, { jwk: publicPartOf(p384Key) }), OF_ALG],
  ["alg of another type", (to) => withHeader(to, { alg: "EdDSA" }), OF_ALG],
  ["a key without y", (to) => withHeader(to, { jwk: { ...jwk, y: undefined } }), PARTS],
  ["a key with a number", (to) => withHeader(to, { jwk: { ...jwk, y: 7 } }), PARTS],
  ["a key with padding", (to) => withHeader(to, { jwk: { ...jwk, x: `${String(jwk.x)}=` } }), PARTS],
  ["no jti", (to) => goodProof(to, { jti: undefined }), JTI],
  ["an empty jti", (to) => goodProof(to, { jti: "" }), JTI],
  ["a jti that is a number", (to) => goodProof(to, { jti: 7 }), JTI],
  ["a jti of 257 characters", (to) => goodProof(to, { jti: "x".repeat(257) }), JTI],
  ["no htm", (to) => goodProof(to, { htm: undefined }), "claim htm is not text"],
  ["htm GET", (to) => goodProof(to, { htm: "GET" }), HTM],
  ["htm in lower case", (to) => goodProof(to, { htm: "post" }), HTM],
  ["no htu", (to) => goodProof(to, { htu: undefined }), "claim htu is not text"],
  [
    "another method",
    (to) => goodProof(to, { htu: `${to.publicUrl}/notes.v1.NotesService/Delete` }),
    HTU_RULE,
  ],
  ["another origin", (to) => goodProof(to, { htu: `https://evil.example${to.path}` }), HTU_RULE],
  ["another port", (to) => goodProof(to, { htu: `https://api.example.com:444${to.path}` }), HTU_RULE],
  ["http in place of https", (to) => goodProof(to, { htu: `http://api.example.com${to.path}` }), HTU_RULE],
  ["the path alone", (to) => goodProof(to, { htu: to.path }), HTU_RULE],
  ["a user name", (to) => goodProof(to, { htu: `https://me@api.example.com${to.path}` }), HTU_RULE],
  [
    "a longer host",
    (to) => goodProof(to, { htu: `https://api.example.com.evil.example${to.path}` }),
    HTU_RULE,
  ],
  ["a longer path", (to) => goodProof(to, { htu: `${htuOf(to)}/` }), HTU_RULE],
  ["a path in capitals", (to) => goodProof(to, { htu: to.publicUrl + to.path.toUpperCase() }), HTU_RULE],
  ["a query in the URL", (to) => goodProof(to, { htu: `${htuOf(to)}?a=b` }), HTU_RULE],
  ["an empty query in the URL", (to) => goodProof(to, { htu: `${htuOf(to)}?` }), HTU_RULE],
  ["a fragment in the URL", (to) => goodProof(to, { htu: `${htuOf(to)}#c` }), HTU_RULE],
  ["an empty fragment in the URL", (to) => goodProof(to, { htu: `${htuOf(to)}#` }), HTU_RULE],
  ["a tab in the URL", (to) => goodProof(to, { htu: `https://api.exa\tmple.com${to.path}` }), HTU_RULE],
  ["a backslash in the URL", (to) => goodProof(to, { htu: `https:\\\\api.example.com${to.path}` }), HTU_RULE],
  ["no iat", (to) => goodProof(to, { iat: undefined }), IAT],
  ["an iat that is text", (to) => goodProof(to, { iat: String(ISSUED_AT_SECONDS) }), IAT],
  [
    "an iat that is too large to be a number",
    (to) =>
      craftToken(header, JSON.stringify(payloadOf(to)).replace(/"iat":\d+/, '"iat":1e999'), ownKey.sign),
    IAT,
  ],
  ["61 seconds ago", (to) => goodProof(to, { iat: ISSUED_AT_SECONDS - 61 }), FAR],
  ["61 seconds ahead", (to) => goodProof(to, { iat: ISSUED_AT_SECONDS + 61 }), FAR],
  ["milliseconds", (to) => goodProof(to, { iat: ISSUED_AT_SECONDS * 1_000 }), FAR],
  ["no ath", (to) => goodProof(to, { ath: undefined }), ATH],
  ["ath of another token", (to) => goodProof(to, { ath: sha256("another") }), ATH],
  [
    "ath in hex",
    (to) => goodProof(to, { ath: Buffer.from(sha256(to.token), "base64url").toString("hex") }),
    ATH,
  ],
  ["ath with padding", (to) => goodProof(to, { ath: `${sha256(to.token)}=` }), ATH],
  ["ath that is the token", (to) => goodProof(to, { ath: to.token }), ATH],
  ["another key", (to) => signProof(otherKey, partsOf(to)), KEY],
  ["a key of Ed25519", (to) => signProof(ed25519Key, partsOf(to)), KEY],
  ["the right key, signed with another", (to) => craftToken(header, payloadOf(to), otherKey.sign), SIGNATURE],
  [
    "another payload",
    (to) =>
      `${segmentsOf(to).head}.${encodePart({ ...payloadOf(to), jti: "2" })}.${segmentsOf(to).signature}`,
    SIGNATURE,
  ],
  [
    "another signature",
    (to) => `${segmentsOf(to).head}.${segmentsOf(to).body}.${segmentsOf(to).tampered}`,
    SIGNATURE,
  ],
  ["a signature of zeros", (to) => craftToken(header, payloadOf(to), () => Buffer.alloc(64)), SIGNATURE],
  [
    "a signature that is too short",
    (to) => craftToken(header, payloadOf(to), () => Buffer.alloc(3)),
    SIGNATURE,
  ],
  ["a signature of RSA", (to) => craftToken(header, payloadOf(to), ofRsa), SIGNATURE],
]);
