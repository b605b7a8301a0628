import type { DescMethod, Message } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import type { Principal } from "../../authenticate/principal.ts";
import type { Policy } from "../../authorize/policy-fields.ts";
import { toMethodName } from "../../authorize/policy-table.ts";
import type { Rule } from "../../authorize/rule.ts";
import { toCheckPlace } from "../../authorize/source-place.ts";
import type { AuthError } from "../../errors/auth-error.ts";
import type { FactsInput } from "../../errors/facts.ts";
import { createRefusal } from "../../errors/refusal.ts";
import { denied } from "../../kernel/audit.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { IsolatedObserver } from "../../kernel/observers.ts";
import { type CallState, createCallValues, stateOf } from "../call-state.ts";
import type { Enforcement } from "../enforcement.ts";
import { type ErrorSink, toInternalError } from "../error-contract.ts";
import type { Gate } from "../gate.ts";

/** What holds the policy of a method against its calls, inside the route. */
export interface MethodGuard {
  /**
   * See to it that the gate has let a call in: by the verdict that it left, or by asking it now.
   *
   * @returns the context that goes on, which is the same where a verdict was there
   * @throws ConnectError the refusal of the gate
   * @throws AuthError when the token has run out or was revoked while the call waited for its message
   */
  admit(ctx: HandlerContext): HandlerContext | Promise<HandlerContext>;
  /**
   * Hold the rule of the method against a message of a principal. Absent: it has none.
   *
   * @throws AuthError `POLICY_DENIED`
   */
  readonly check: ((principal: Principal | undefined, message: Message) => void) | undefined;
}

/** What {@link createMethodGuard} needs. */
export interface MethodGuardOptions {
  readonly gate: Gate;
  /** Observes messages that are refused. It must not throw. */
  readonly observer: IsolatedObserver;
  /** Where rules are only tried. */
  readonly enforcement: Enforcement;
  /** The time. */
  readonly clock: Clock;
  /**
   * Look again at a principal whose call has waited.
   *
   * @throws AuthError when its token has run out, or is revoked
   */
  readonly assertStillGood: (principal: Principal) => void;
  /** Receives errors that are not the caller's. */
  readonly onError: ErrorSink;
}

const RULE_DENIES = "the rule of the method does not allow this request";

/** The place comes first: a long rule is cut at its end. */
function toRuleFacts(method: DescMethod, rule: Rule | undefined): FactsInput {
  return { check: "rule", expected: `${toCheckPlace(method, "rule")}: ${rule?.expression}` };
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
  const { gate, observer, enforcement, clock } = options;
  const rule = policy?.rule;
  const ruleFacts = toRuleFacts(method, rule);
  const isShadow = enforcement.isShadow(method.parent);
  const observesTime = observer.callDecided !== undefined;

  function lookAgain({ caller, admittedAtMs }: CallState): void {
    if (caller?.principal !== undefined && !(clock.nowMs() - admittedAtMs < VERDICT_HOLDS_MS) && !isShadow) {
      options.assertStillGood(caller.principal);
    }
  }

  function observeRefusal(error: AuthError, caller: Principal | undefined, startedMs: number): void {
    const name = toMethodName(method);
    observer.audited?.(denied({ method: name, isShadow, caller }, error));
    observer.callDecided?.({
      method: name,
      result: isShadow ? "would_be_denied" : "denied",
      reason: error.reason,
      decidedBy: "rule",
      cache: "none",
      microseconds: (clock.monotonicMs() - startedMs) * 1_000,
    });
  }

  return {
    admit(ctx) {
      const state = stateOf(ctx.values);
      if (state?.isAdmitted === true) {
        lookAgain(state);
        return ctx;
      }
      if (state === undefined && policy?.access !== "public" && !ctx.requestHeader.has("authorization")) {
        // The gate has taken the token away: without the state, a caller with a token would pass for an anonymous one.
        throw toInternalError(new TypeError(LOST_VERDICT), method, options.onError);
      }
      const judged = { ...ctx, values: createCallValues(ctx.values) };
      const verdict = gate(judged);
      return verdict === undefined ? judged : verdict.then(() => judged);
    },
    check:
      rule === undefined
        ? undefined
        : (caller, message) => {
            const startedMs = observesTime ? clock.monotonicMs() : 0;
            if (rule.allows(caller, message)) {
              return;
            }
            const error = createRefusal("POLICY_DENIED", RULE_DENIES, { facts: ruleFacts });
            observeRefusal(error, caller, startedMs);
            if (!isShadow) {
              throw error;
            }
          },
  };
}
