import type { Message } from "@bufbuild/protobuf";
import type { Interceptor } from "@connectrpc/connect";
import { type PolicyTable, toMethodName } from "../authorize/policy-table.ts";
import { AuthError } from "../errors/auth-error.ts";
import { type AuditSink, denied } from "../operate/audit.ts";
import { optionalPrincipalOf } from "./principal-context.ts";

/**
 * Create the interceptor that holds the rule of a method against every inbound message, before the handler sees
 * it. On a stream, the principal is always that of the newest renewal.
 */
export function createMessageRules(policies: PolicyTable, audit: AuditSink): Interceptor {
  return (next) => async (req) => {
    const rule = policies.get(req.method)?.rule;
    if (rule === undefined) {
      return next(req);
    }
    const check = (message: Message): void => {
      if (!rule.allows(optionalPrincipalOf(req), message)) {
        audit.record(denied(toMethodName(req.method), "POLICY_DENIED"));
        throw new AuthError("POLICY_DENIED", "the rule of the method does not allow this request");
      }
    };
    if (req.stream) {
      return next({ ...req, message: checkEach(req.message, check) });
    }
    check(req.message);
    return next(req);
  };
}

async function* checkEach<T extends Message>(
  messages: AsyncIterable<T>,
  check: (message: Message) => void,
): AsyncIterable<T> {
  for await (const message of messages) {
    check(message);
    yield message;
  }
}
