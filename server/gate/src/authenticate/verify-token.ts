import type { AuthError } from "../errors/auth-error.ts";
import { type FactsInput, oneOf, toFactText } from "../errors/facts.ts";
import { createRefusal } from "../errors/refusal.ts";
import { isPromise, MAX_TRIED_KEYS, toFound, toKeys } from "../keys/found-keys.ts";
import { toKid } from "../keys/import-keys.ts";
import type { FoundKeys, SignatureAlgorithm, VerificationKey } from "../keys/key-source.ts";
import { awaitKeys, type KeyWait } from "./await-keys.ts";
import { costOf } from "./check-costs.ts";
import type { Claims } from "./claim-source.ts";
import { readClaims } from "./claims.ts";
import { hasRefusedHeader, parseCompactJws, type UnverifiedJws } from "./compact-jws.ts";
import { looksLikeIdToken, noteIdToken } from "./id-token.ts";
import { type TrustedIssuer, type TrustedIssuers, toShortType } from "./issuers.ts";
import type { Principal } from "./principal.ts";
import { isTrustDomainId } from "./spiffe-id.ts";
import { HIGHEST_MAX_TOKEN_BYTES } from "./token-size.ts";
import type { TokenTimes } from "./token-times.ts";
import { isSignatureError, verifySignature } from "./verify-signature.ts";

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

/** A token whose signature is good. */
export interface ProvenToken {
  readonly claims: Claims;
  /** The issuer, as it is trusted. */
  readonly issuer: TrustedIssuer;
  /** The key that verified it. */
  readonly key: VerificationKey;
}

/** What a token says of itself before its signature is checked. */
export interface ClaimedToken {
  readonly claims: Claims;
  /** The issuer that it says it is from. */
  readonly issuer: TrustedIssuer;
  /** What the check of its signature takes, in checks of Ed25519. */
  readonly cost: number;
}

/** Has a signature checked, now or later, and reads what it proves. */
export type CheckRunner = (claimed: ClaimedToken, check: () => Promise<ProvenToken>) => Promise<Verdict>;

/** How {@link verifyToken} goes about it. */
export interface VerifyOptions {
  /** How long to wait for a key that has to be fetched. Default: as long as its source does. */
  readonly keyWait?: KeyWait | undefined;
  /** Runs checks of signatures. Default: each at once. */
  readonly runCheck?: CheckRunner | undefined;
}

/**
 * Verify an access token: its form, its header, its signature, then its claims
 * ([RFC 8725 §3](https://www.rfc-editor.org/rfc/rfc8725#section-3),
 * [RFC 9068 §4](https://www.rfc-editor.org/rfc/rfc9068#section-4)). Everything but what changes with time: whether
 * it has expired, and whether its key is still trusted.
 *
 * What form and header alone decide is thrown at once: garbage is not worth a promise, and costs no check.
 *
 * @param token the token in compact form
 * @param issuers whom to trust
 * @throws AuthError `TOKEN_INVALID`, or `AUTH_UNAVAILABLE` when the issuer's keys cannot be had
 */
export function verifyToken(
  token: string,
  issuers: TrustedIssuers,
  { keyWait, runCheck = runAtOnce }: VerifyOptions = {},
): Promise<Verdict> {
  const { header, payload } = parseCompactJws(token, HIGHEST_MAX_TOKEN_BYTES);
  const issuer = findIssuer(payload, issuers);
  const { algorithm, kid } = checkHeader({ header, payload }, issuer);
  const found = issuer.keys.find(kid, algorithm);
  const candidate = { token, payload, issuer, algorithm, kid, keyWait, runCheck };
  return isPromise(found)
    ? awaitKeys(found, keyWait).then((keys) => verifyWith(keys, candidate))
    : verifyWith(found, candidate);
}

/** A token whose signature has not been verified. */
interface CandidateToken {
  readonly token: string;
  readonly payload: UnverifiedJws["payload"];
  /** The issuer that it says it is from. */
  readonly issuer: TrustedIssuer;
  readonly algorithm: SignatureAlgorithm;
  readonly kid: string | undefined;
  readonly keyWait: KeyWait | undefined;
  readonly runCheck: CheckRunner;
}

const runAtOnce: CheckRunner = (_, check) => check().then(toVerdict);

function verifyWith(found: FoundKeys, candidate: CandidateToken): Promise<Verdict> {
  const keys = toFound(toKeys(found));
  if (keys === undefined) {
    const { kid, algorithm } = candidate;
    throw invalid("the issuer has no such key", {
      check: "key",
      expected: `a key of the issuer for ${algorithm}`,
      got: kid === undefined ? "no kid" : `kid ${kid}`,
    });
  }
  return checkWith(keys, candidate).catch((cause: unknown) => verifyAgain(cause, toKeys(keys), candidate));
}

function checkWith(found: NonNullable<FoundKeys>, candidate: CandidateToken): Promise<Verdict> {
  const { token, payload: claims, issuer, algorithm, runCheck } = candidate;
  return runCheck({ claims, issuer, cost: costOf(found, algorithm) }, () =>
    verifySignature(token, found).then((key) => ({ claims, issuer, key })),
  );
}

/**
 * Read the claims of a token whose signature is good.
 *
 * @throws AuthError `TOKEN_INVALID`
 */
export function toVerdict({ claims, issuer, key }: ProvenToken): Verdict {
  try {
    const { principal, times } = readClaims(claims, issuer, key.kid);
    return { principal, times, issuer, key };
  } catch (error) {
    throw noteIdToken(error, claims);
  }
}

/**
 * None of the keys verifies it: the issuer may have another one under the old name by now, or have one that was not
 * tried yet.
 */
async function verifyAgain(
  cause: unknown,
  tried: readonly VerificationKey[],
  candidate: CandidateToken,
): Promise<Verdict> {
  if (!isSignatureError(cause)) {
    throw cause;
  }
  const { issuer, algorithm, kid, keyWait } = candidate;
  const found = issuer.keys.findAgain?.(kid, algorithm, tried);
  const keys = toKeys(isPromise(found) ? await awaitKeys(found, keyWait) : found);
  const others = toFound(keys.filter((key) => !tried.includes(key)));
  // A token has a second try, and not as many as a source has keys.
  if (others === undefined || tried.length > MAX_TRIED_KEYS) {
    throw refuseSignature(cause, tried, candidate);
  }
  return checkWith(others, candidate).catch((last: unknown) =>
    verifyAgain(last, [...tried, ...toKeys(others)], candidate),
  );
}

function refuseSignature(cause: unknown, tried: readonly VerificationKey[], candidate: CandidateToken) {
  const { kid, algorithm } = candidate;
  const count = tried.length;
  return invalid(
    "the signature does not verify",
    {
      check: "signature",
      expected:
        count === 1
          ? "a signature of the key of the issuer that fits"
          : `a signature of one of ${count} keys`,
      got: `alg ${algorithm}, ${kid === undefined ? "no kid" : `kid ${kid}`}`,
    },
    cause,
  );
}

/** What it says chooses the keys, and is trusted only once one of them has verified it. */
function findIssuer(payload: UnverifiedJws["payload"], issuers: TrustedIssuers): TrustedIssuer {
  const issuer = issuers.find(payload);
  if (issuer === undefined) {
    throw createRefusal("TOKEN_INVALID", "the issuer is not trusted", {
      facts: {
        check: "issuer",
        expected: () => oneOf(issuers.names()),
        got: () => describeIssuer(payload, issuers),
      },
    });
  }
  return issuer;
}

/** Without `iss` the SPIFFE ID in `sub` decides, where a trust domain is trusted. */
function describeIssuer({ iss, sub }: UnverifiedJws["payload"], issuers: TrustedIssuers): unknown {
  const isBySub = iss === undefined && issuers.names().some(isTrustDomainId);
  return isBySub ? `no iss, sub ${toFactText(sub)}` : iss;
}

function checkHeader(
  { header, payload }: Pick<UnverifiedJws, "header" | "payload">,
  issuer: TrustedIssuer,
): { readonly algorithm: SignatureAlgorithm; readonly kid: string | undefined } {
  const { alg, typ, kid } = header;
  const algorithm = issuer.algorithms.find((allowed) => allowed === alg);
  if (algorithm === undefined) {
    throw invalid("header alg is not allowed for the issuer", {
      check: "algorithm",
      expected: () => oneOf(issuer.algorithms),
      got: alg,
    });
  }
  if (!isAccessTokenType(typ, issuer)) {
    throw invalid("header typ is not that of an access token", {
      check: "type",
      expected: () => oneOf(issuer.types),
      got: typ,
      hint: looksLikeIdToken(payload) ? "id_token" : undefined,
    });
  }
  if (kid !== undefined && typeof kid !== "string" && typeof kid !== "number") {
    throw invalid("header kid is not text", { check: "key", expected: "text", got: kid });
  }
  if (hasRefusedHeader(header)) {
    throw invalid("the header has an extension that is not understood", {
      check: "header",
      expected: "no crit, b64, enc, zip or cty",
      got: () => Object.keys(header),
    });
  }
  return { algorithm, kid: toKid(kid) };
}

function isAccessTokenType(typ: unknown, issuer: TrustedIssuer): boolean {
  if (typ === undefined) {
    return issuer.allowMissingType;
  }
  return typeof typ === "string" && issuer.types.includes(toShortType(typ));
}

function invalid(rule: string, facts?: FactsInput, cause?: unknown): AuthError {
  return createRefusal("TOKEN_INVALID", rule, { facts, cause });
}
