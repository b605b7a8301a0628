import type { Message } from "@bufbuild/protobuf";
import type {
  Interceptor,
  StreamRequest,
  StreamResponse,
  UnaryRequest,
  UnaryResponse,
} from "@connectrpc/connect";
import { type PolicyTable, toMethodName } from "../authorize/policy-table.ts";
import type { Rule } from "../authorize/rule.ts";
import { AuthError } from "../errors/auth-error.ts";
import { createRefusal } from "../errors/refusal.ts";
import { type AuditSink, denied } from "../operate/audit.ts";
import { createEnding } from "../streams/ending.ts";
import { resultUntilEnded, untilEnded } from "../streams/until-ended.ts";
import type { Enforcement } from "./enforcement.ts";
import { describeUnary } from "./interceptor-scope.ts";
import { optionalPrincipalOf } from "./principal-context.ts";

/** What {@link createMessageRules} needs. */
export interface MessageRuleOptions {
  /** The rule of every method. */
  readonly policies: PolicyTable;
  /** Who is told of messages that were refused. */
  readonly audit: AuditSink;
  /** Where rules are only tried. */
  readonly enforcement: Enforcement;
}

type Call = (req: UnaryRequest | StreamRequest) => Promise<UnaryResponse | StreamResponse>;

/**
 * Create the interceptor that holds the rule of a method against every inbound message, before the handler sees
 * it. On a stream, the principal is always that of the newest renewal, and a message that is refused ends the call
 * at once, whether the handler would rather go on without it or hangs.
 */
export function createMessageRules({ policies, audit, enforcement }: MessageRuleOptions): Interceptor {
  function assertAllowed(rule: Rule, req: UnaryRequest | StreamRequest, message: Message): void {
    const caller = optionalPrincipalOf(req);
    if (rule.allows(caller, message)) {
      return;
    }
    const error = createRefusal("POLICY_DENIED", "the rule of the method does not allow this request");
    const isShadow = enforcement.isShadow(req.service);
    audit.record(denied({ method: toMethodName(req.method), isShadow, caller }, error));
    if (!isShadow) {
      throw error;
    }
  }

  const interceptor: Interceptor = (next) => async (req) => {
    const rule = policies.get(req.method)?.rule;
    if (rule === undefined) {
      return next(req);
    }
    const check = (message: Message): void => assertAllowed(rule, req, message);
    if (req.stream) {
      return passStream(next, req, check);
    }
    check(req.message);
    return next(req);
  };
  return describeUnary(interceptor, { appliesTo: (method) => policies.get(method)?.rule !== undefined });
}

async function passStream(
  next: Call,
  req: StreamRequest,
  check: (message: Message) => void,
): Promise<UnaryResponse | StreamResponse> {
  const refusal = createEnding();
  async function* checked(): AsyncIterable<Message> {
    for await (const message of req.message) {
      try {
        check(message);
      } catch (error) {
        if (error instanceof AuthError) {
          refusal.end(error);
        }
        throw error;
      }
      yield message;
    }
  }
  const signal = AbortSignal.any([req.signal, refusal.signal]);
  const res = await resultUntilEnded(next({ ...req, signal, message: checked() }), refusal);
  return res.stream ? { ...res, message: untilEnded(res.message, refusal) } : res;
}
