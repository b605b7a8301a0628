import type { VerificationKey } from "../keys/key-source.ts";
import type { KeyWait } from "./await-keys.ts";
import { readClaims } from "./claims.ts";
import { noteIdToken } from "./id-token.ts";
import type { TrustedIssuer, TrustedIssuers } from "./issuers.ts";
import type { Principal } from "./principal.ts";
import { type CheckRunner, type ProvenToken, proveToken } from "./prove-token.ts";
import { ACCESS_TOKEN } from "./token-kind.ts";
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

/** How {@link verifyToken} goes about it. */
export interface VerifyOptions {
  /** How long to wait for a key that has to be fetched. Default: as long as its source does. */
  readonly keyWait?: KeyWait | undefined;
  /** Runs checks of signatures. Default: each at once. */
  readonly runCheck?: CheckRunner<Verdict> | undefined;
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
  return proveToken(token, issuers, { kind: ACCESS_TOKEN, keyWait, runCheck });
}

const runAtOnce: CheckRunner<Verdict> = (_, check) => check().then(toVerdict);

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
