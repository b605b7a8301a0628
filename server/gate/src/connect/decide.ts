import type { DescMethod, Message } from "@bufbuild/protobuf";
import type { Principal } from "../authenticate/principal.ts";
import { AuthError } from "../errors/auth-error.ts";
import { describeForeignError } from "../errors/foreign-error.ts";
import { createRefusal } from "../errors/refusal.ts";
import type { Clock } from "../kernel/clock.ts";
import { KEEPS_PROCESS_ALIVE } from "../kernel/timers.ts";
import type { ErrorSink } from "./error-contract.ts";

/** What {@link Decide} is asked: whether a caller may send a message. */
export interface DecideRequest {
  /** Who calls; undefined: the method is OPTIONAL, and the call anonymous. */
  readonly principal: Principal | undefined;
  /** The method that is called; `method.parent` is its service. */
  readonly method: DescMethod;
  /** The message that the caller sends: each one of a stream. */
  readonly message: Message;
  /** Aborts when the answer comes too late: the call has ended, or the time is over. */
  readonly signal: AbortSignal;
}

/**
 * Decides on a message by what no token says, such as relations that another service knows. Only `true` allows.
 *
 * @throws AuthError to refuse the call with a reason of your own; whatever else it throws or rejects with is the
 *   `cause` of an error that `onError` gets, and the call gets `AUTH_UNAVAILABLE`
 */
export type Decide = (request: DecideRequest) => boolean | Promise<boolean>;

/** What decisions go by. */
export interface DeciderOptions {
  readonly decide: Decide;
  /** How long an answer may take, in milliseconds. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Receives an error that names the hook, with what it threw as its cause. */
  readonly onError: ErrorSink;
}

/**
 * Asks for a decision. Without a promise where the answer comes without one.
 *
 * @returns why the message is refused; undefined: it is allowed
 */
export type Decider = (request: DecideRequest) => AuthError | undefined | Promise<AuthError | undefined>;

/** Create what asks a hook for decisions, waits for each only so long, and takes nothing but `true` for a yes. */
export function createDecider(options: DeciderOptions): Decider {
  return (request) => {
    const { signal } = request;
    if (signal.aborted) {
      return unavailable("the call has ended");
    }
    const controller = new AbortController();
    let answer: unknown;
    try {
      answer = options.decide({ ...request, signal: controller.signal });
    } catch (error) {
      return toRefusal(error, request, options);
    }
    return mayBeThenable(answer) ? settle(answer, options, { request, controller }) : toVerdict(answer);
  };
}

interface Asked {
  readonly request: DecideRequest;
  /** Aborts what the hook does. */
  readonly controller: AbortController;
}

/** Wait for an answer until the call has ended or the time is over: then no answer is any good. */
function settle(
  answer: unknown,
  options: DeciderOptions,
  { request, controller }: Asked,
): Promise<AuthError | undefined> {
  const { clock, timeoutMs } = options;
  const { signal } = request;
  return new Promise((resolve) => {
    const end = (refusal: AuthError | undefined): void => {
      cancel();
      signal.removeEventListener("abort", leave);
      resolve(refusal);
    };
    const giveUp = (why: string): void => {
      end(unavailable(why));
      controller.abort(new Error(why));
    };
    const leave = (): void => giveUp("the call has ended");
    const cancel = clock.schedule(
      () => giveUp(`no answer within ${timeoutMs} ms`),
      timeoutMs,
      KEEPS_PROCESS_ALIVE,
    );
    signal.addEventListener("abort", leave);
    // Another library's promise may call back twice, throw, or return a promise of its own: this one does not.
    Promise.resolve(answer).then(
      (value) => end(toVerdict(value)),
      (error: unknown) => {
        // What it rejects with because it was aborted is no news.
        if (!controller.signal.aborted) {
          end(toRefusal(error, request, options));
        }
      },
    );
  });
}

function toVerdict(answer: unknown): AuthError | undefined {
  return answer === true
    ? undefined
    : createRefusal("POLICY_DENIED", "the server does not allow this request", {
        facts: { check: "decide", expected: true, got: typeof answer === "boolean" ? answer : typeof answer },
      });
}

/** A failure is no answer: not a yes, and nothing that signs a user out. */
function toRefusal(error: unknown, { method }: DecideRequest, { onError }: DeciderOptions): AuthError {
  if (error instanceof AuthError) {
    return error;
  }
  const why = error instanceof Error ? `: ${error.message}` : "";
  onError(new Error(`decide failed${why}`, { cause: error }), method);
  return unavailable(`error: ${describeForeignError(error)}`, error);
}

function unavailable(why: string, cause?: unknown): AuthError {
  return createRefusal("AUTH_UNAVAILABLE", "whether the request is allowed cannot be decided now", {
    cause,
    facts: { check: "decide", expected: "an answer", got: why },
  });
}

/** Its `then` is not looked at here: a getter may throw, or answer differently the second time. */
function mayBeThenable(value: unknown): boolean {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
