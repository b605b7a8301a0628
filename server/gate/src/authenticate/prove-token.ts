import type { AuthError } from "../errors/auth-error.ts";
import { type FactsInput, oneOf, toFactText } from "../errors/facts.ts";
import { createRefusal } from "../errors/refusal.ts";
import { isPromise, MAX_TRIED_KEYS, toFound, toKeys } from "../keys/found-keys.ts";
import { toKid } from "../keys/import-keys.ts";
import type { FoundKeys, SignatureAlgorithm, VerificationKey } from "../keys/key-source.ts";
import { awaitKeys, type KeyWait } from "./await-keys.ts";
import { costOf } from "./check-costs.ts";
import type { Claims } from "./claim-source.ts";
import { hasRefusedHeader, parseCompactJws, type UnverifiedJws } from "./compact-jws.ts";
import { looksLikeIdToken } from "./id-token.ts";
import { type TrustedIssuer, type TrustedIssuers, toShortType } from "./issuers.ts";
import { isTrustDomainId } from "./spiffe-id.ts";
import type { TokenKind } from "./token-kind.ts";
import { HIGHEST_MAX_TOKEN_BYTES } from "./token-size.ts";
import { isSignatureError, verifySignature } from "./verify-signature.ts";

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

/** Has a signature checked, now or later, and makes of what it proves what the caller needs. */
export type CheckRunner<Result> = (
  claimed: ClaimedToken,
  check: () => Promise<ProvenToken>,
) => Promise<Result>;

/** How {@link proveToken} goes about it. */
export interface ProveOptions<Result> {
  /** What the token must be. */
  readonly kind: TokenKind;
  /** How long to wait for a key that has to be fetched; undefined: as long as its source does. */
  readonly keyWait: KeyWait | undefined;
  /** Runs the check of the signature. */
  readonly runCheck: CheckRunner<Result>;
}

/**
 * Verify the form, the header and the signature of a token
 * ([RFC 8725 §3](https://www.rfc-editor.org/rfc/rfc8725#section-3)). What its claims say is for the caller to judge.
 *
 * What form and header alone decide is thrown at once: garbage is not worth a promise, and costs no check.
 *
 * @param token the token in compact form
 * @param issuers whom to trust
 * @throws AuthError `TOKEN_INVALID`, or `AUTH_UNAVAILABLE` when the issuer's keys cannot be had
 */
export function proveToken<Result>(
  token: string,
  issuers: TrustedIssuers,
  { kind, keyWait, runCheck }: ProveOptions<Result>,
): Promise<Result> {
  const { header, payload } = parseCompactJws(token, HIGHEST_MAX_TOKEN_BYTES);
  const issuer = findIssuer(payload, issuers);
  const { algorithm, kid } = checkHeader({ header, payload }, issuer, kind);
  const found = issuer.keys.find(kid, algorithm);
  const candidate = { token, payload, issuer, algorithm, kid, keyWait, runCheck };
  return isPromise(found)
    ? awaitKeys(found, keyWait).then((keys) => verifyWith(keys, candidate))
    : verifyWith(found, candidate);
}

/** A token whose signature has not been verified. */
interface CandidateToken<Result> {
  readonly token: string;
  readonly payload: UnverifiedJws["payload"];
  /** The issuer that it says it is from. */
  readonly issuer: TrustedIssuer;
  readonly algorithm: SignatureAlgorithm;
  readonly kid: string | undefined;
  readonly keyWait: KeyWait | undefined;
  readonly runCheck: CheckRunner<Result>;
}

function verifyWith<Result>(found: FoundKeys, candidate: CandidateToken<Result>): Promise<Result> {
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

function checkWith<Result>(
  found: NonNullable<FoundKeys>,
  candidate: CandidateToken<Result>,
): Promise<Result> {
  const { token, payload: claims, issuer, algorithm, runCheck } = candidate;
  return runCheck({ claims, issuer, cost: costOf(found, algorithm) }, () =>
    verifySignature(token, found).then((key) => ({ claims, issuer, key })),
  );
}

/**
 * None of the keys verifies it: the issuer may have another one under the old name by now, or have one that was not
 * tried yet.
 */
async function verifyAgain<Result>(
  cause: unknown,
  tried: readonly VerificationKey[],
  candidate: CandidateToken<Result>,
): Promise<Result> {
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

function refuseSignature(
  cause: unknown,
  tried: readonly VerificationKey[],
  { kid, algorithm }: Pick<CandidateToken<unknown>, "kid" | "algorithm">,
) {
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
  kind: TokenKind,
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
  assertKind({ typ, payload }, issuer, kind);
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

function assertKind(
  { typ, payload }: { readonly typ: unknown; readonly payload: Claims },
  issuer: TrustedIssuer,
  kind: TokenKind,
): void {
  const type = typeof typ === "string" ? toShortType(typ) : undefined;
  if (typ === undefined ? !issuer.allowMissingType : type === undefined || !issuer.types.includes(type)) {
    throw invalid(`header typ is not that of ${kind.name}`, {
      check: "type",
      expected: () => oneOf(issuer.types),
      got: typ,
      hint: looksLikeIdToken(payload) ? "id_token" : undefined,
    });
  }
  if (kind.isOther?.(type, payload) === true) {
    throw invalid(`the token is a security event, and not ${kind.name}`, {
      check: "type",
      expected: "no claim events",
      got: "a claim events",
    });
  }
}

function invalid(rule: string, facts?: FactsInput, cause?: unknown): AuthError {
  return createRefusal("TOKEN_INVALID", rule, { facts, cause });
}
