import type { DescMethod, Message } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import type { Policy } from "../../authorize/policy.ts";
import { toMethodName } from "../../authorize/policy-table.ts";
import { createRefusal } from "../../errors/refusal.ts";
import { type AuditSink, denied } from "../../operate/audit.ts";
import { createCallValues, stateOf } from "../call-state.ts";
import type { Enforcement } from "../enforcement.ts";
import type { Gate } from "../gate.ts";
import { optionalPrincipalOf } from "../principal-context.ts";

/** What holds the policy of a method against its calls, inside the route. */
export interface MethodGuard {
  /**
   * See to it that the gate has let a call in: by the verdict that it left, or by asking it now.
   *
   * @returns the context that goes on, which is the same where a verdict was there
   * @throws ConnectError the refusal of the gate
   */
  admit(ctx: HandlerContext): HandlerContext | Promise<HandlerContext>;
  /**
   * Hold the rule of the method against a message. Absent: it has none.
   *
   * @throws AuthError `POLICY_DENIED`
   */
  readonly check: ((ctx: HandlerContext, message: Message) => void) | undefined;
}

/** What {@link createMethodGuard} needs. */
export interface MethodGuardOptions {
  readonly gate: Gate;
  /** Who is told of messages that were refused. */
  readonly audit: AuditSink;
  /** Where rules are only tried. */
  readonly enforcement: Enforcement;
}

/**
 * Create the guard of one method.
 *
 * @param policy its policy; undefined: nobody knows the method, and the gate refuses every call of it
 */
export function createMethodGuard(
  { gate, audit, enforcement }: MethodGuardOptions,
  method: DescMethod,
  policy: Policy | undefined,
): MethodGuard {
  const rule = policy?.rule;
  return {
    admit(ctx) {
      if (stateOf(ctx.values)?.isAdmitted === true) {
        return ctx;
      }
      const judged = { ...ctx, values: createCallValues(ctx.values) };
      const verdict = gate(judged);
      return verdict === undefined ? judged : verdict.then(() => judged);
    },
    check:
      rule === undefined
        ? undefined
        : (ctx, message) => {
            const caller = optionalPrincipalOf(ctx);
            if (rule.allows(caller, message)) {
              return;
            }
            const error = createRefusal(
              "POLICY_DENIED",
              "the rule of the method does not allow this request",
            );
            const isShadow = enforcement.isShadow(method.parent);
            audit.record(denied({ method: toMethodName(method), isShadow, caller }, error));
            if (!isShadow) {
              throw error;
            }
          },
  };
}
