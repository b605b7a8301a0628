import type { DescMethod, Message } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { StreamService } from "@countersign/gen/countersign/auth/v1/stream_pb.js";
import type { Principal } from "../../authenticate/principal.ts";
import type { Policy } from "../../authorize/policy-fields.ts";
import { toMethodName } from "../../authorize/policy-table.ts";
import { toCheckPlace } from "../../authorize/source-place.ts";
import type { AuthError } from "../../errors/auth-error.ts";
import { createRefusal } from "../../errors/refusal.ts";
import { denied } from "../../kernel/audit.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { CallDecision } from "../../kernel/observe.ts";
import type { IsolatedObserver } from "../../kernel/observers.ts";
import { stateOf } from "../call-state.ts";
import type { Decider } from "../decide.ts";
import type { LookAgain } from "../look-again.ts";

/** A message that is about to reach its handler. */
export interface ArrivedMessage {
  readonly message: Message;
  /** The call that it belongs to. */
  readonly ctx: Pick<HandlerContext, "signal" | "values">;
}

/**
 * Holds what a method asks of its messages against one of a principal's. Without a promise where nothing has to be
 * waited for.
 *
 * @throws AuthError `POLICY_DENIED`, `AUTH_UNAVAILABLE` when `decide` gives no answer, and what it refuses with itself
 */
export type MessageCheck = (
  principal: Principal | undefined,
  arrived: ArrivedMessage,
) => void | Promise<void>;

/** What checks are made with. */
export interface MessageCheckOptions {
  /** Observes messages that are refused. It must not throw. */
  readonly observer: IsolatedObserver;
  /** The time. */
  readonly clock: Clock;
  readonly lookAgain: LookAgain;
  /** Asks the application for a decision on each message. Undefined: it makes none. */
  readonly decider: Decider | undefined;
}

/** The method that a check is made for. */
export interface CheckedMethod {
  readonly method: DescMethod;
  /** Undefined: the server has none, and the gate refuses every call of the method. */
  readonly policy: Policy | undefined;
  readonly isShadow: boolean;
}

const RULE_DENIES = "the rule of the method does not allow this request";

/** Create the check of one method; undefined: it asks nothing of its messages. */
export function createMessageCheck(
  options: MessageCheckOptions,
  checked: CheckedMethod,
): MessageCheck | undefined {
  const { observer, clock } = options;
  const { method, policy, isShadow } = checked;
  const rule = policy?.rule;
  const decider = findDecider(options.decider, checked);
  // The place comes first: a long rule is cut at its end.
  const expected = `${toCheckPlace(method, "rule")}: ${rule?.expression}`;
  const observesTime = observer.callDecided !== undefined;

  /** @throws AuthError the refusal, unless it is only tried */
  function refuse(error: AuthError, caller: Principal | undefined, seen: Seen): void {
    const name = toMethodName(method);
    observer.audited?.(denied({ method: name, isShadow, caller }, error));
    observer.callDecided?.({
      method: name,
      result: isShadow ? "would_be_denied" : "denied",
      reason: error.reason,
      decidedBy: seen.by,
      cache: "none",
      microseconds: (clock.monotonicMs() - seen.startedMs) * 1_000,
    });
    if (!isShadow) {
      throw error;
    }
  }

  function ask(principal: Principal | undefined, { message, ctx }: ArrivedMessage): void | Promise<void> {
    const seen: Seen = { by: "decide", startedMs: observesTime ? clock.monotonicMs() : 0 };
    const answer = decider?.({ principal, method, message, signal: ctx.signal });
    if (!(answer instanceof Promise)) {
      return answer === undefined ? undefined : refuse(answer, principal, seen);
    }
    return answer.then((refusal) => {
      if (refusal !== undefined) {
        refuse(refusal, principal, seen);
      } else if (principal !== undefined && !isShadow) {
        // The answer has taken its time: the session may have been revoked meanwhile.
        options.lookAgain(principal, policy);
      }
    });
  }

  if (rule === undefined) {
    return decider === undefined ? undefined : ask;
  }
  return (principal, arrived) => {
    const startedMs = observesTime ? clock.monotonicMs() : 0;
    const holder = stateOf(arrived.ctx.values);
    if (rule.allows(principal, arrived.message, holder)) {
      return decider === undefined ? undefined : ask(principal, arrived);
    }
    const error = createRefusal("POLICY_DENIED", RULE_DENIES, {
      facts: { check: "rule", expected, got: () => rule.describe(principal, arrived.message, holder) },
    });
    return refuse(error, principal, { by: "rule", startedMs });
  };
}

/** What has looked at a message, and since when, where that is observed. */
interface Seen {
  readonly by: CallDecision["decidedBy"];
  readonly startedMs: number;
}

/** A renewal is no call of its own: the streams that it names have asked, and ask again with its principal. */
function findDecider(decider: Decider | undefined, { method, policy }: CheckedMethod): Decider | undefined {
  const isAsked =
    policy !== undefined && policy.access !== "public" && method.parent.typeName !== StreamService.typeName;
  return isAsked ? decider : undefined;
}
