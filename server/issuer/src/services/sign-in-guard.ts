import { type AuditSink, AuthError, type RateLimit } from "@countersign/server";
import { type CredentialFailureEvent, toFactMembers } from "@countersign/server/internal";

/** An attempt to sign in. */
export interface SignInAttempt {
  /** Where it comes from. */
  readonly peer: string;
  /** What kind of credential it brings. */
  readonly kind: "password" | "secret" | "assertion" | "federated";
  /** What goes on record when it fails. Default: `sign_in_failed`. */
  readonly failure?: Omit<CredentialFailureEvent, "reason">;
}

/** Runs an attempt to sign in. */
export type SignInGuard = <T>(attempt: SignInAttempt, work: () => Promise<T>) => Promise<T>;

const SIGN_IN_FAILED = { type: "sign_in_failed" } as const;

/**
 * Create what every attempt to sign in goes through: an address with too many attempts waits, a failure goes into the
 * audit, and a wrong credential counts against the address that sent it. Passwords count before they are checked.
 */
export function createSignInGuard({
  attempts,
  audit,
}: {
  readonly attempts: RateLimit;
  readonly audit: AuditSink<CredentialFailureEvent>;
}): SignInGuard {
  return async ({ peer, kind, failure = SIGN_IN_FAILED }, work) => {
    try {
      attempts.assertAllowed(peer);
      return await work();
    } catch (error) {
      if (error instanceof AuthError) {
        audit.record({ ...failure, reason: error.reason, ...toFactMembers(factsOf(error)) });
        if (error.reason === "CREDENTIALS_INVALID" && kind !== "password") {
          attempts.take(peer);
        }
      }
      throw error;
    }
  };
}

/** Which check refused a token of another issuer: the caller learns that it is not good, the operator why. */
function factsOf({ facts, cause }: AuthError): AuthError["facts"] {
  return facts ?? (cause instanceof AuthError ? cause.facts : undefined);
}
