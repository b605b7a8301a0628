import type { HandlerContext } from "@connectrpc/connect";
import type { Authenticator } from "../authenticate/authenticator.ts";
import { parseBearer } from "../authenticate/bearer.ts";
import { MAX_TOKEN_CHARS } from "../authenticate/compact-jws.ts";
import type { Principal } from "../authenticate/principal.ts";
import { assertAllowed } from "../authorize/decide.ts";
import type { Policy } from "../authorize/policy.ts";
import { type PolicyTable, toMethodName } from "../authorize/policy-table.ts";
import type { Clock } from "../clock.ts";
import { AuthError } from "../errors/auth-error.ts";
import { type AuditSink, denied } from "../operate/audit.ts";
import { type ErrorSink, toWireError } from "./error-contract.ts";
import { callerKey } from "./principal-context.ts";
import { repeatsAuthorization } from "./raw-headers.ts";

/** What {@link createGate} needs. */
export interface GateOptions {
  /** The rule of every method. */
  readonly policies: PolicyTable;
  /** Who turns tokens into principals. */
  readonly authenticator: Authenticator;
  /** The time. */
  readonly clock: Clock;
  /** Who is told of calls that were refused. */
  readonly audit: AuditSink;
  /** How long a decision may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Who is told of errors that are not the caller's. */
  readonly onError: ErrorSink;
}

/** Decides on a call by its headers, before its body is received. Answers without a promise when it can. */
export type Gate = (context: HandlerContext) => void | Promise<void>;

/** The room that the scheme and spaces take beside the longest token. */
const MAX_HEADER_CHARS = MAX_TOKEN_CHARS + 64;

/**
 * Create the gate of a server: it authenticates the caller and holds the part of the policy against it that
 * headers can decide. Everything else about a call is untouched.
 */
export function createGate(options: GateOptions): Gate {
  const { policies, authenticator, clock, audit } = options;

  function admit(context: HandlerContext, policy: Policy, principal: Principal): void {
    assertAllowed(policy, principal, clock.nowMs() / 1000);
    context.values.set(callerKey, { principal });
  }

  function decide(context: HandlerContext, policy: Policy): void | Promise<void> {
    const token = readToken(context);
    if (token === undefined) {
      if (policy.access !== "optional") {
        throw new AuthError("TOKEN_MISSING", "the call needs an access token");
      }
      context.values.set(callerKey, { principal: undefined });
      return undefined;
    }
    const principal = authenticator.authenticate(token);
    if (principal instanceof Promise) {
      return withTimeout(principal, options.timeoutMs).then((found) => admit(context, policy, found));
    }
    return admit(context, policy, principal);
  }

  function refuse(context: HandlerContext, error: unknown): never {
    if (error instanceof AuthError) {
      audit.record(denied(toMethodName(context.method), error.reason));
    }
    throw toWireError(error, context.method, options.onError);
  }

  return (context) => {
    const policy = policies.get(context.method);
    if (policy?.access === "public") {
      return undefined;
    }
    try {
      if (policy === undefined) {
        throw new AuthError("POLICY_DENIED", "the method has no access rule");
      }
      return decide(context, policy)?.catch((error: unknown) => refuse(context, error));
    } catch (error) {
      return refuse(context, error);
    }
  };
}

function readToken(context: HandlerContext): string | undefined {
  const bearer = parseBearer(context.requestHeader.get("authorization"), MAX_HEADER_CHARS);
  if (bearer.kind === "malformed" || repeatsAuthorization(context.values)) {
    throw new AuthError("TOKEN_INVALID", "the authorization header is not one bearer token");
  }
  return bearer.kind === "token" ? bearer.token : undefined;
}

/** Cap a decision that waits for keys: a caller who hangs on us is worse than one who tries again. */
async function withTimeout<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new AuthError("AUTH_UNAVAILABLE", "the keys were not at hand in time")),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
