import { type AuditSink, AuthError, type RateLimit } from "@countersign/server";
import {
  type ConcurrencyLimit,
  type CredentialFailureEvent,
  createConcurrencyLimit,
  isOfUnknownKey,
  type LeavePlace,
  toFactMembers,
} from "@countersign/server/internal";

/** What kind of credential an attempt to sign in brings. */
export type CredentialKind = "password" | ProofKind;

/** Credentials that cannot be guessed. */
type ProofKind = "secret" | "assertion" | "certificate" | "federated";

/** An attempt to sign in. */
export interface SignInAttempt {
  /** Where it comes from. */
  readonly peer: string;
  readonly kind: CredentialKind;
  /** What goes on record when it fails. Default: `sign_in_failed`. */
  readonly failure?: Omit<CredentialFailureEvent, "reason">;
}

/** Runs an attempt to sign in, which can give its place to others while it waits for keys of another issuer. */
export type SignInGuard = <T>(
  attempt: SignInAttempt,
  work: (leavePlace: LeavePlace) => Promise<T>,
) => Promise<T>;

/** What {@link createSignInGuard} needs. */
export interface SignInGuardOptions {
  /** How many wrong credentials one address may send, beside its attempts at passwords. */
  readonly attempts: RateLimit;
  readonly audit: AuditSink<CredentialFailureEvent>;
}

/** Passwords have places of their own, behind this. */
const WITHOUT_PLACE: LeavePlace = async (pending) => pending;

const SIGN_IN_FAILED = { type: "sign_in_failed" } as const;

/**
 * Enough for a fleet of clients that starts at one moment behind one address, and few enough to leave time for calls.
 * Each kind has its own. Keys of another issuer may be long in coming: what waits for them holds no place.
 */
const CHECKING = { maxRunning: 16, maxWaiting: 1_000, message: "too many sign-ins are waiting" };

/**
 * Create what every attempt to sign in goes through: a failure goes into the audit, and a wrong credential counts against
 * the address that sent it.
 *
 * A credential that cannot be guessed is checked in any case, so that one that is right is never refused for what others
 * on its address did. When the address has no attempts left, its check waits behind those of other addresses, and a wrong
 * one is answered with the time to wait. Passwords count before they are checked, and apart from these: see
 * `createCallerRecognition`.
 */
export function createSignInGuard({ attempts, audit }: SignInGuardOptions): SignInGuard {
  const limits: Readonly<Record<ProofKind, ConcurrencyLimit>> = {
    secret: createConcurrencyLimit(CHECKING),
    assertion: createConcurrencyLimit(CHECKING),
    certificate: createConcurrencyLimit(CHECKING),
    federated: createConcurrencyLimit(CHECKING),
  };

  const check = async <T>(
    { peer, kind }: { readonly peer: string; readonly kind: ProofKind },
    work: (leavePlace: LeavePlace) => Promise<T>,
  ): Promise<T> => {
    // Not the key of the address itself: a client with a wrong secret must not keep users beside it from their passwords.
    const key = `proofs ${peer}`;
    const spent = findRefusal(attempts, key);
    const source = { address: peer, account: "", isKnown: spent === undefined };
    try {
      return await limits[kind](source, work);
    } catch (error) {
      if (isOfUnknownKey(error)) {
        attempts.take(key); // a stranger can make up such a token; whether it is good cannot be known yet
      }
      if (!(error instanceof AuthError) || error.reason !== "CREDENTIALS_INVALID") {
        throw error;
      }
      if (spent !== undefined) {
        throw spent;
      }
      attempts.take(key);
      throw error;
    }
  };
  return async ({ peer, kind, failure = SIGN_IN_FAILED }, work) => {
    try {
      return await (kind === "password" ? work(WITHOUT_PLACE) : check({ peer, kind }, work));
    } catch (error) {
      if (error instanceof AuthError) {
        audit.record({ ...failure, reason: error.reason, ...toFactMembers(factsOf(error)) });
      }
      throw error;
    }
  };
}

/** @returns why wrong credentials of an address have to wait; undefined when it has attempts left */
function findRefusal(attempts: RateLimit, key: string): unknown {
  try {
    attempts.assertAllowed(key);
    return undefined;
  } catch (refusal) {
    return refusal;
  }
}

/** Which check refused a token of another issuer: the caller learns that it is not good, the operator why. */
function factsOf({ facts, cause }: AuthError): AuthError["facts"] {
  return facts ?? (cause instanceof AuthError ? cause.facts : undefined);
}
