/** What keeps a server from learning what is revoked. The set is closed: programs may switch over it. */
export type SignalsProblem =
  /** A hub, or the issuer, cannot be reached, or answers with an error that passes. */
  | "unreachable"
  /** A hub stops, and the next one is asked. */
  | "draining"
  /** A hub was reached, and then said nothing for too long. */
  | "silent"
  /** No hub has sent anything for longer than `staleAfterMs`: calls are refused. */
  | "stale"
  /** The issuer does not take the client's credential. */
  | "credential"
  /** The client lacks a scope. */
  | "scope"
  /** The hub refuses the client. */
  | "refused"
  /** What answers has no signals. */
  | "unserved"
  /** What answers does not speak as it should. */
  | "protocol";

/** What a {@link SignalsError} may carry beside its problem. */
interface SignalsErrorOptions {
  /** How long to wait before the next attempt, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** What led to it. */
  readonly cause?: unknown;
}

/** Why a server does not learn what is revoked. The message says what to do, and repeats no secret. */
export class SignalsError extends Error {
  override readonly name = "SignalsError";
  readonly problem: SignalsProblem;
  /** How long to wait before the next attempt, in milliseconds, where the other side says so. */
  readonly retryAfterMs: number | undefined;

  /**
   * @param problem what it is, for programs
   * @param message what is wrong and what to do, without a full stop
   */
  constructor(problem: SignalsProblem, message: string, { retryAfterMs, cause }: SignalsErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.problem = problem;
    this.retryAfterMs = retryAfterMs;
  }
}

/** What waiting does not mend: an operator has to. */
const LASTING: ReadonlySet<SignalsProblem> = new Set(["credential", "scope", "refused", "unserved"]);

/** Check whether an operator has to do something about a problem. */
export function isLasting({ problem }: SignalsError): boolean {
  return LASTING.has(problem);
}
