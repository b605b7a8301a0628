import type { AuthReason as ReasonNumbers } from "@countersign/gen/countersign/auth/v1/errors_pb.js";
import { type Check, type Facts, type FactsInput, type Hint, toFacts } from "./facts.ts";
import { withoutStack } from "./without-stack.ts";

/**
 * Every cause that Countersign gives for refusing a call, as `countersign/auth/v1/errors.proto` lists them. The set is
 * closed: clients may switch over it.
 */
export type AuthReason = Exclude<keyof typeof ReasonNumbers, "UNSPECIFIED">;

/** What an {@link AuthError} may carry beside its reason. */
export interface AuthErrorOptions {
  /** More for programs, such as the scopes that were needed. Never a secret or text of the caller. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** How long the caller should wait before the next attempt, in milliseconds. */
  readonly retryAfterMs?: number;
  /** What led to this error. It goes to the log, never to the caller. */
  readonly cause?: unknown;
  /**
   * Which check refused the call, what it expected and what came. They go to the audit and the console, never to the
   * caller, and are written only when they are read.
   */
  readonly facts?: FactsInput | undefined;
}

/**
 * The reason why a call is refused.
 *
 * The message names the rule that was broken, never the token, a key or the value of a claim: it is sent to
 * the caller as it is.
 */
export class AuthError extends Error {
  override readonly name = "AuthError";
  readonly reason: AuthReason;
  readonly metadata: Readonly<Record<string, string>>;
  readonly retryAfterMs: number | undefined;
  readonly #facts: FactsInput | undefined;

  /**
   * @param reason the cause, for programs
   * @param message the rule that was broken, as a sentence without a full stop
   * @param options metadata, the time to wait, the cause, and the facts for the operator
   */
  constructor(reason: AuthReason, message: string, options: AuthErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = reason;
    this.metadata = options.metadata ?? {};
    // A clock that returns no number makes a wait that is no number: the error then has none.
    this.retryAfterMs = Number.isNaN(options.retryAfterMs) ? undefined : options.retryAfterMs;
    this.#facts = options.facts;
  }

  /**
   * Which check refused the call, what it expected and what came; undefined where nothing says so. Not enumerable, and
   * not in JSON: it is for the operator, not for the caller.
   */
  get facts(): Facts | undefined {
    return this.#facts === undefined ? undefined : toFacts(this.#facts);
  }
}

/**
 * Make of a refusal the same one, with what its token looks like: for the operator, beside the check that has refused it.
 *
 * @param checks those that the hint helps with: a refusal by another one stays as it is
 */
export function withTokenHint(error: AuthError, hint: Hint, checks: ReadonlySet<Check>): AuthError {
  const { facts } = error;
  if (facts === undefined || !checks.has(facts.check)) {
    return error;
  }
  const { reason, message, metadata, retryAfterMs, cause } = error;
  const { check, expected, got } = facts;
  const written = { ...(expected === undefined ? {} : { expected }), ...(got === undefined ? {} : { got }) };
  return withoutStack(
    () =>
      new AuthError(reason, message, {
        metadata,
        cause,
        facts: { check, ...written, hint },
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      }),
  );
}
