import type { TokenFailureLimit } from "../authenticate/authenticator.ts";
import type { TrustedIssuers } from "../authenticate/issuers.ts";
import { type ProvenToken, proveToken } from "../authenticate/prove-token.ts";
import { createSignatureChecks } from "../authenticate/signature-checks.ts";
import type { TokenKind } from "../authenticate/token-kind.ts";
import { AuthError } from "../errors/auth-error.ts";
import { createRefusal } from "../errors/refusal.ts";
import type { Clock } from "../kernel/clock.ts";
import { isOfUnknownKey } from "../keys/keys-on-demand.ts";

/** What {@link createEventProver} needs. */
export interface EventProverOptions {
  /** Who may send events: what header `typ` they have, and what they sign with. */
  readonly issuers: TrustedIssuers;
  /** What the events are. */
  readonly kind: TokenKind;
  readonly clock: Clock;
  /** How long to wait for keys that have to be fetched, in milliseconds. */
  readonly keyTimeoutMs: number;
  /** The longest token that is looked at, in bytes. */
  readonly maxTokenBytes: number;
  /** Limits how often a peer may send what no provider has signed; undefined: no limit. */
  readonly tokenFailureLimit: TokenFailureLimit | undefined;
}

/**
 * Verifies that a provider has signed an event. What the event says is for the caller to judge.
 *
 * @param peer where it comes from, for limits; empty: not known
 * @throws AuthError `TOKEN_INVALID`; `RATE_LIMITED` when its peer sends too many that are forged, or too many signatures wait
 *   for their check; `AUTH_UNAVAILABLE` when the keys cannot be had
 */
export type EventProver = (token: string, peer: string) => Promise<ProvenToken>;

/** A twentieth of a core: providers send few events, and what they send is good. */
const FAILED_CHECKS_PER_SECOND = 200;

/** More than there are providers. */
const KNOWN_CLAIMANTS = 100;

/** Create what verifies the signatures of events. Forged ones count, as those of access tokens do. */
export function createEventProver(options: EventProverOptions): EventProver {
  const { issuers, kind, clock, keyTimeoutMs: timeoutMs, maxTokenBytes, tokenFailureLimit } = options;
  const checks = createSignatureChecks({
    clock,
    failuresPerSecond: FAILED_CHECKS_PER_SECOND,
    knownClaimants: KNOWN_CLAIMANTS,
  });
  return async (token, peer) => {
    try {
      assertSize(token, maxTokenBytes);
      const proven = await proveToken<ProvenToken>(token, issuers, {
        kind,
        keyWait: { clock, timeoutMs, leavePlace: undefined },
        runCheck: ({ issuer, cost }, check) => checks.run({ peer, name: issuer.issuer, cost }, check),
      });
      assertKeyTrusted(proven);
      return proven;
    } catch (error) {
      const isForged = error instanceof AuthError && error.reason === "TOKEN_INVALID";
      if (isForged) {
        tokenFailureLimit?.assertAllowed(peer); // the answer to one that may be good stays
      }
      if (isForged || isOfUnknownKey(error)) {
        tokenFailureLimit?.take(peer);
      }
      throw error;
    }
  };
}

function assertSize(token: string, maxBytes: number): void {
  if (token.length > maxBytes) {
    throw createRefusal("TOKEN_INVALID", `the token is longer than ${maxBytes} bytes`, {
      facts: { check: "token_size", expected: `at most ${maxBytes} bytes`, got: `${token.length} bytes` },
    });
  }
}

/** The key may have been withdrawn during the check. */
function assertKeyTrusted({ issuer, key }: ProvenToken): void {
  if (!issuer.keys.isTrusted(key)) {
    throw createRefusal("TOKEN_INVALID", "the key was withdrawn while the token was verified", {
      facts: { check: "key", expected: "a key that the issuer still has", got: key.kid },
    });
  }
}
