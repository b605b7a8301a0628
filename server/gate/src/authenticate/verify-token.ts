import { compactVerify, errors } from "jose";
import type { AuthError } from "../errors/auth-error.ts";
import { createRefusal } from "../errors/refusal.ts";
import type { SignatureAlgorithm, VerificationKey } from "../keys/key-source.ts";
import { awaitKey, type KeyWait } from "./await-key.ts";
import { readClaims } from "./claims.ts";
import { hasRefusedHeader, parseCompactJws, type UnverifiedJws } from "./compact-jws.ts";
import { type TrustedIssuer, type TrustedIssuers, toShortType } from "./issuers.ts";
import type { Principal } from "./principal.ts";
import { HIGHEST_MAX_TOKEN_BYTES } from "./token-size.ts";
import type { TokenTimes } from "./token-times.ts";

/** A token that was found good, and what its goodness hangs on. */
export interface Verdict {
  /** Who the token speaks for. */
  readonly principal: Principal;
  /** From when until when it is good. */
  readonly times: TokenTimes;
  /** The issuer, as it is trusted. */
  readonly issuer: TrustedIssuer;
  /** The key that verified it. */
  readonly key: VerificationKey;
}

/**
 * Verify an access token: its form, its header, its signature, then its claims
 * ([RFC 8725 §3](https://www.rfc-editor.org/rfc/rfc8725#section-3),
 * [RFC 9068 §4](https://www.rfc-editor.org/rfc/rfc9068#section-4)). Everything but what changes with time: whether
 * it has expired, and whether its key is still trusted.
 *
 * What form and header alone decide is thrown at once: garbage is not worth a promise.
 *
 * @param token the token in compact form
 * @param issuers whom to trust
 * @param keyWait how long to wait for a key that has to be fetched. Default: as long as its source does
 * @throws AuthError `TOKEN_INVALID`, or `AUTH_UNAVAILABLE` when the issuer's keys cannot be had
 */
export function verifyToken(token: string, issuers: TrustedIssuers, keyWait?: KeyWait): Promise<Verdict> {
  const { header, payload } = parseCompactJws(token, HIGHEST_MAX_TOKEN_BYTES);
  const issuer = findIssuer(payload, issuers);
  const { algorithm, kid } = checkHeader(header, issuer);
  const found = issuer.keys.find(kid, algorithm);
  const candidate = { token, payload, issuer };
  if (!(found instanceof Promise)) {
    return verifyWith(found, candidate);
  }
  const awaited = keyWait === undefined ? found : awaitKey(found, keyWait);
  return awaited.then((key) => verifyWith(key, candidate));
}

/** A token whose signature has not been verified. */
interface CandidateToken {
  readonly token: string;
  readonly payload: UnverifiedJws["payload"];
  /** The issuer that it says it is from. */
  readonly issuer: TrustedIssuer;
}

function verifyWith(
  key: VerificationKey | undefined,
  { token, payload, issuer }: CandidateToken,
): Promise<Verdict> {
  if (key === undefined) {
    throw invalid("the issuer has no such key");
  }
  return compactVerify(token, key.key, { algorithms: [key.algorithm] }).then(() => {
    const { principal, times } = readClaims(payload, issuer, key.kid);
    return { principal, times, issuer, key };
  }, refuseSignature);
}

function refuseSignature(cause: unknown): never {
  if (cause instanceof errors.JOSEError) {
    throw invalid("the signature does not verify", cause);
  }
  throw cause;
}

/** Find by the claim `iss`, which chooses the keys and is trusted only once one of them has verified it. */
function findIssuer(payload: UnverifiedJws["payload"], issuers: TrustedIssuers): TrustedIssuer {
  const name = payload.iss;
  const issuer = typeof name === "string" ? issuers.get(name) : undefined;
  if (issuer === undefined) {
    throw invalid("the issuer is not trusted");
  }
  return issuer;
}

function checkHeader(
  header: UnverifiedJws["header"],
  issuer: TrustedIssuer,
): { readonly algorithm: SignatureAlgorithm; readonly kid: string | undefined } {
  const { alg, typ, kid } = header;
  const algorithm = issuer.algorithms.find((allowed) => allowed === alg);
  if (algorithm === undefined) {
    throw invalid("header alg is not allowed for the issuer");
  }
  if (!isAccessTokenType(typ, issuer)) {
    throw invalid("header typ is not that of an access token");
  }
  if (kid !== undefined && (typeof kid !== "string" || kid === "")) {
    throw invalid("header kid is not a non-empty string");
  }
  if (hasRefusedHeader(header)) {
    throw invalid("the header has an extension that is not understood");
  }
  return { algorithm, kid };
}

function isAccessTokenType(typ: unknown, issuer: TrustedIssuer): boolean {
  if (typ === undefined) {
    return issuer.allowMissingType;
  }
  return typeof typ === "string" && issuer.types.includes(toShortType(typ));
}

function invalid(rule: string, cause?: unknown): AuthError {
  return createRefusal("TOKEN_INVALID", rule, { cause });
}
