import type { Message } from "@bufbuild/protobuf";
import type { Interceptor } from "@connectrpc/connect";
import { type PolicyTable, toMethodName } from "../authorize/policy-table.ts";
import { AuthError } from "../errors/auth-error.ts";
import { type AuditSink, denied } from "../operate/audit.ts";
import type { Enforcement } from "./enforcement.ts";
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

/**
 * Create the interceptor that holds the rule of a method against every inbound message, before the handler sees
 * it. On a stream, the principal is always that of the newest renewal, and a message that is refused ends the call,
 * even when the handler would rather go on without it.
 */
export function createMessageRules({ policies, audit, enforcement }: MessageRuleOptions): Interceptor {
  return (next) => async (req) => {
    const rule = policies.get(req.method)?.rule;
    if (rule === undefined) {
      return next(req);
    }
    const isShadow = enforcement.isShadow(req.service);
    let refusal: AuthError | undefined;
    const assertNotRefused = (): void => {
      if (refusal !== undefined) {
        throw refusal;
      }
    };
    const check = (message: Message): void => {
      if (!rule.allows(optionalPrincipalOf(req), message)) {
        const error = new AuthError("POLICY_DENIED", "the rule of the method does not allow this request");
        audit.record(denied(toMethodName(req.method), error, isShadow));
        refusal = isShadow ? undefined : error;
        assertNotRefused();
      }
    };
    if (!req.stream) {
      check(req.message);
      return next(req);
    }
    const res = await next({ ...req, message: eachChecked(req.message, check) });
    assertNotRefused();
    return res.stream ? { ...res, message: whileAllowed(res.message, assertNotRefused) } : res;
  };
}

async function* eachChecked<T>(messages: AsyncIterable<T>, check: (message: T) => void): AsyncIterable<T> {
  for await (const message of messages) {
    check(message);
    yield message;
  }
}

async function* whileAllowed<T>(messages: AsyncIterable<T>, assertAllowed: () => void): AsyncIterable<T> {
  yield* eachChecked(messages, assertAllowed);
  assertAllowed();
}
