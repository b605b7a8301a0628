import type { Clock, Principal, RevocationCheck } from "@countersign/server";
import { AuthError } from "@countersign/server";
import {
  createAuthenticator,
  createFindCurrent,
  createTrustedIssuers,
  DEFAULT_LIMITS,
  parseCompactJws,
  type TokenOrigin,
  type TrustedIssuer,
} from "@countersign/server/internal";
import { isVerdictOnToken } from "./token-verdict.ts";

/** What {@link createFederatedTokens} needs. */
export interface FederatedTokensOptions {
  readonly issuers: readonly TrustedIssuer[];
  /** What their issuers have ended or changed, and what an operator has revoked of them. */
  readonly revocations: Pick<RevocationCheck, "changesOf" | "isRevoked">;
  readonly clock: Clock;
  readonly toleranceSeconds: number;
  /** The longest token that is looked at, in bytes. */
  readonly maxTokenBytes: number;
}

/** A token of another issuer that is good. */
export interface FederatedToken {
  /** Whom it stands for, with the claims that its issuer has changed since. */
  readonly principal: Principal;
  /** The issuer, as it is declared: of a tenant, the template. */
  readonly issuer: string;
}

/** Verifies tokens of other issuers. */
export interface FederatedTokens {
  /** Whether a token says that it is of one of the issuers, which its signature has yet to prove. */
  claims(token: string): boolean;
  /**
   * Verify a token, which must not be revoked.
   *
   * @param origin where it comes from. Default: not known
   * @throws AuthError `CREDENTIALS_INVALID` for anything wrong, `AUTH_UNAVAILABLE` when the keys of the issuer, or what is
   *   revoked, cannot be had, and `RATE_LIMITED` when too many tokens wait for a check
   */
  verify(token: string, origin?: TokenOrigin): Promise<FederatedToken>;
}

const CACHE_ENTRIES = 1_000;

/** As long as calls wait for keys by default: a key source of the application's may never answer. */
const KEY_TIMEOUT_MS = DEFAULT_LIMITS.createAuth.gateTimeoutMs;

/** Create the check of tokens of other issuers. */
export function createFederatedTokens(options: FederatedTokensOptions): FederatedTokens {
  const { revocations, clock, toleranceSeconds, maxTokenBytes } = options;
  const issuers = createTrustedIssuers(options.issuers);
  const findCurrent = createFindCurrent({ issuers, revocations });
  const authenticator = createAuthenticator({
    issuers,
    revocations,
    clock,
    toleranceSeconds,
    cacheEntries: CACHE_ENTRIES,
    // Who takes the principal asks for the proof.
    acceptsBoundTokens: true,
    keyTimeoutMs: KEY_TIMEOUT_MS,
    maxTokenBytes,
  });
  return {
    claims(token) {
      try {
        return issuers.find(parseCompactJws(token, maxTokenBytes).payload) !== undefined;
      } catch {
        // It has no form of a token. The check that the caller makes next refuses it, and says why.
        return false;
      }
    },
    async verify(token, origin) {
      const principal = await findPrincipal(async () =>
        findCurrent(await authenticator.authenticate(token, origin)),
      );
      return { principal, issuer: issuers.get(principal.issuer)?.issuer ?? "" };
    },
  };
}

async function findPrincipal(work: () => Promise<Principal>): Promise<Principal> {
  try {
    return await work();
  } catch (cause) {
    if (!isVerdictOnToken(cause)) {
      throw cause;
    }
    const rule = cause.reason === "TOKEN_EXPIRED" ? "the token has expired" : "the token is not valid here";
    throw new AuthError("CREDENTIALS_INVALID", rule, { cause });
  }
}
