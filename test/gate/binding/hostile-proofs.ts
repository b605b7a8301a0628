import { notEmpty } from "../../support/not-empty.ts";
import { createProofKey, type ProofParts, publicPartOf, sha256, signProof } from "../../support/proofs.ts";
import { craftToken, encodePart, ISSUED_AT_SECONDS, macOf, signerOf } from "../../support/tokens.ts";

/** Where the proofs of these tests go. */
export const PUBLIC_URL = "https://api.example.com";
export const PATH = "/notes.v1.NotesService/List";
export const HTU: string = PUBLIC_URL + PATH;
export const TOKEN = "header.payload.signature";

/** The key that the token is bound to, and one of somebody else. */
export const ownKey = createProofKey();
const otherKey = createProofKey();
const ed25519Key = createProofKey("Ed25519");
const rsaKey = createProofKey("RS256");
const p384Key = createProofKey("ES384");

const GOOD = { claims: { htu: HTU }, token: TOKEN };

/** Sign a proof that is good but for some claims. */
export function goodProof(claims: ProofParts["claims"] = {}): string {
  return signProof(ownKey, { ...GOOD, claims: { ...GOOD.claims, ...claims } });
}

const withHeader = (header: ProofParts["header"]): string =>
  signProof(ownKey, { ...GOOD, header: { ...header } });

const jwk = publicPartOf(ownKey);
const privateJwk = ownKey.privateKey.export({ format: "jwk" });
const payload = { jti: "1", htm: "POST", htu: HTU, iat: ISSUED_AT_SECONDS, ath: sha256(TOKEN) };
const header = { typ: "dpop+jwt", alg: "ES256", jwk };
const [head = "", body = "", signature = ""] = goodProof().split(".");
const tampered = Buffer.from(signature, "base64url").fill(7, 0, 1).toString("base64url");
const ofRsa = signerOf("RS256", rsaKey.privateKey);

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

/** Proofs that must be refused, each with the rule that it breaks. */
export const HOSTILE_PROOFS: readonly (readonly [what: string, proof: string, rule: string])[] = notEmpty([
  ["nothing", "", FORM],
  ["white space", " ", FORM],
  ["an access token in place of one", craftToken({ alg: "ES256", typ: "at+jwt" }, payload, ownKey.sign), TYP],
  ["two proofs in one header", `${goodProof()}, ${goodProof()}`, FORM],
  ["a JWE", `${goodProof()}.AAAA.AAAA`, FORM],
  ["no signature", `${head}.${body}.`, FORM],
  ["padding", `${head}.${body}.${signature}==`, FORM],
  [
    "a name that stands twice",
    craftToken(header, JSON.stringify(payload).replace("{", '{"htu":"x",'), ownKey.sign),
    FORM,
  ],
  [
    "a header name that stands twice",
    craftToken(JSON.stringify(header).replace("{", '{"alg":"none",'), payload, ownKey.sign),
    FORM,
  ],
  ["text that is longer than is taken", goodProof({ long: "x".repeat(8_192) }), FORM],
  ["no typ", withHeader({ typ: undefined }), TYP],
  ["typ JWT", withHeader({ typ: "JWT" }), TYP],
  ["typ in capitals", withHeader({ typ: "DPOP+JWT" }), TYP],
  ["alg none", craftToken({ ...header, alg: "none" }, payload, () => Buffer.alloc(1)), ALG],
  ["no alg", withHeader({ alg: undefined }), ALG],
  [
    "a MAC under the public key",
    craftToken({ ...header, alg: "HS256" }, payload, macOf(JSON.stringify(jwk))),
    ALG,
  ],
  ["an algorithm that takes too long", signProof(p384Key, GOOD), ALG],
  ["alg in a list", withHeader({ alg: ["ES256"] }), ALG],
  ["crit", withHeader({ crit: ["b64"], b64: false }), EXTENSION],
  ["a token inside", withHeader({ cty: "dpop" }), EXTENSION],
  ["no key", withHeader({ jwk: undefined }), JWK],
  ["a key as text", withHeader({ jwk: JSON.stringify(jwk) }), JWK],
  ["a list of keys", withHeader({ jwk: [jwk] }), JWK],
  ["the name of a key alone", withHeader({ jwk: undefined, kid: "proof", jku: "https://evil.example" }), JWK],
  ["the private key", withHeader({ jwk: privateJwk }), PRIVATE],
  ["a shared key", withHeader({ jwk: { kty: "oct", k: "AAAA" } }), PRIVATE],
  ["a key of another type", withHeader({ jwk: publicPartOf(rsaKey) }), OF_ALG],
  ["a key of another curve", withHeader({ jwk: publicPartOf(p384Key) }), OF_ALG],
  ["alg of another type", withHeader({ alg: "EdDSA" }), OF_ALG],
  ["a key without y", withHeader({ jwk: { ...jwk, y: undefined } }), PARTS],
  ["a key with a number", withHeader({ jwk: { ...jwk, y: 7 } }), PARTS],
  ["a key with padding", withHeader({ jwk: { ...jwk, x: `${String(jwk.x)}=` } }), PARTS],
  ["no jti", goodProof({ jti: undefined }), JTI],
  ["an empty jti", goodProof({ jti: "" }), JTI],
  ["a jti that is a number", goodProof({ jti: 7 }), JTI],
  ["a jti of 257 characters", goodProof({ jti: "x".repeat(257) }), JTI],
  ["no htm", goodProof({ htm: undefined }), "claim htm is not text"],
  ["htm GET", goodProof({ htm: "GET" }), HTM],
  ["htm in lower case", goodProof({ htm: "post" }), HTM],
  ["no htu", goodProof({ htu: undefined }), "claim htu is not text"],
  ["another method", goodProof({ htu: `${PUBLIC_URL}/notes.v1.NotesService/Delete` }), HTU_RULE],
  ["another origin", goodProof({ htu: `https://evil.example${PATH}` }), HTU_RULE],
  ["another port", goodProof({ htu: `https://api.example.com:444${PATH}` }), HTU_RULE],
  ["http in place of https", goodProof({ htu: `http://api.example.com${PATH}` }), HTU_RULE],
  ["the path alone", goodProof({ htu: PATH }), HTU_RULE],
  ["a user name", goodProof({ htu: `https://me@api.example.com${PATH}` }), HTU_RULE],
  ["a longer host", goodProof({ htu: `https://api.example.com.evil.example${PATH}` }), HTU_RULE],
  ["a longer path", goodProof({ htu: `${HTU}/` }), HTU_RULE],
  ["a path in capitals", goodProof({ htu: HTU.replace("List", "list") }), HTU_RULE],
  ["a tab in the URL", goodProof({ htu: `https://api.exa\tmple.com${PATH}` }), HTU_RULE],
  ["a backslash in the URL", goodProof({ htu: `https:\\\\api.example.com${PATH}` }), HTU_RULE],
  ["no iat", goodProof({ iat: undefined }), IAT],
  ["an iat that is text", goodProof({ iat: String(ISSUED_AT_SECONDS) }), IAT],
  [
    "an iat that is too large to be a number",
    craftToken(header, JSON.stringify(payload).replace(/"iat":\d+/, '"iat":1e999'), ownKey.sign),
    IAT,
  ],
  ["61 seconds ago", goodProof({ iat: ISSUED_AT_SECONDS - 61 }), FAR],
  ["61 seconds ahead", goodProof({ iat: ISSUED_AT_SECONDS + 61 }), FAR],
  ["milliseconds", goodProof({ iat: ISSUED_AT_SECONDS * 1_000 }), FAR],
  ["no ath", goodProof({ ath: undefined }), ATH],
  ["ath of another token", goodProof({ ath: sha256("another") }), ATH],
  ["ath in hex", goodProof({ ath: Buffer.from(sha256(TOKEN), "base64url").toString("hex") }), ATH],
  ["ath with padding", goodProof({ ath: `${sha256(TOKEN)}=` }), ATH],
  ["ath that is the token", goodProof({ ath: TOKEN }), ATH],
  ["another key", signProof(otherKey, GOOD), KEY],
  ["a key of Ed25519", signProof(ed25519Key, GOOD), KEY],
  ["the right key, signed with another", craftToken(header, payload, otherKey.sign), SIGNATURE],
  ["another payload", `${head}.${encodePart({ ...payload, jti: "2" })}.${signature}`, SIGNATURE],
  ["another signature", `${head}.${body}.${tampered}`, SIGNATURE],
  ["a signature of zeros", craftToken(header, payload, () => Buffer.alloc(64)), SIGNATURE],
  ["a signature that is too short", craftToken(header, payload, () => Buffer.alloc(3)), SIGNATURE],
  ["a signature of RSA", craftToken(header, payload, ofRsa), SIGNATURE],
]);
