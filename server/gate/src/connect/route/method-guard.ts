import type { DescMethod } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import type { Policy } from "../../authorize/policy-fields.ts";
import { type CallState, createCallValues, stateOf } from "../call-state.ts";
import type { Enforcement } from "../enforcement.ts";
import { type ErrorSink, toInternalError } from "../error-contract.ts";
import type { Gate } from "../gate.ts";
import { createMessageCheck, type MessageCheck, type MessageCheckOptions } from "./message-check.ts";

/** What holds the policy of a method against its calls, inside the route. */
export interface MethodGuard {
  /**
   * See to it that the gate has let a call in: by the verdict that it left, or by asking it now.
   *
   * @returns the context that goes on, which is the same where a verdict was there
   * @throws ConnectError the refusal of the gate
   * @throws AuthError when the token has run out, was revoked or lost what the method needs while the call waited for its message
   */
  admit(ctx: HandlerContext): HandlerContext | Promise<HandlerContext>;
  /** Hold the rule of the method, and `decide`, against a message of a principal. Absent: there is neither. */
  readonly check: MessageCheck | undefined;
}

/** What {@link createMethodGuard} needs. */
export interface MethodGuardOptions extends MessageCheckOptions {
  readonly gate: Gate;
  /** The header that the gate takes the token from. */
  readonly tokenHeader: string;
  /** Where denials are only tried. */
  readonly enforcement: Enforcement;
  /** Receives errors that are not the caller's. */
  readonly onError: ErrorSink;
}

/** How long a verdict holds while a call waits for its message, in milliseconds. */
const VERDICT_HOLDS_MS = 1_000;

const LOST_VERDICT =
  "a call has lost what the gate knows of it: an interceptor has put other contextValues in the place of its own. Set " +
  "your values on req.contextValues instead";

/**
 * Create the guard of one method.
 *
 * @param policy its policy; undefined: the server has none, and the gate refuses every call of the method
 */
export function createMethodGuard(
  options: MethodGuardOptions,
  method: DescMethod,
  policy: Policy | undefined,
): MethodGuard {
  const { gate, enforcement, clock } = options;
  const isShadow = enforcement.isShadow(method.parent);

  function lookAgain({ caller, admittedAtMs }: CallState): void {
    if (caller?.principal !== undefined && !(clock.nowMs() - admittedAtMs < VERDICT_HOLDS_MS) && !isShadow) {
      caller.principal = options.lookAgain(caller.principal, policy);
    }
  }

  return {
    admit(ctx) {
      const state = stateOf(ctx.values);
      if (state?.isAdmitted === true) {
        lookAgain(state);
        return ctx;
      }
      if (state === undefined && policy?.access !== "public" && !ctx.requestHeader.has(options.tokenHeader)) {
        // The gate has taken the token away: without the state, a caller with a token would pass for an anonymous one.
        throw toInternalError(new TypeError(LOST_VERDICT), method, options.onError);
      }
      const judged = { ...ctx, values: createCallValues(ctx.values) };
      const verdict = gate(judged);
      return verdict === undefined ? judged : verdict.then(() => judged);
    },
    check: createMessageCheck(options, { method, policy, isShadow }),
  };
}
