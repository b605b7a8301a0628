import type { ContextValues, HandlerContext } from "@connectrpc/connect";
import type { Principal } from "../authenticate/principal.ts";
import { AuthError } from "../errors/auth-error.ts";
import type { ClientCertificate } from "../kernel/client-certificate.ts";
import { type Caller, type CallState, type PrincipalListener, stateOf } from "./call-state.ts";

/** Anything that carries the context values of a call: a handler's context, or an interceptor's request. */
export type CallContext = Pick<HandlerContext, "values"> | { readonly contextValues: ContextValues };

/**
 * Return the principal that makes the call. Works in all four kinds of RPC; on a stream, always the principal of the
 * newest renewal.
 *
 * @param ctx the context of the handler, or the request of an interceptor
 * @returns the principal, frozen
 * @throws TypeError on a PUBLIC method, or where the gate did not run: it is a mistake of the server, not of the
 *   caller, who sees "internal error"
 * @throws AuthError `TOKEN_MISSING` when the method is OPTIONAL and the call is anonymous
 */
export function principalOf(ctx: CallContext): Principal {
  const caller = callerOf(ctx);
  if (caller === undefined) {
    throw new TypeError("a public method has no principal: principalOf cannot be used in it");
  }
  if (caller.principal === undefined) {
    throw new AuthError("TOKEN_MISSING", "the call needs an access token", {
      facts: {
        check: "token_missing",
        expected: "a token: the handler asks for the principal",
        got: undefined,
      },
    });
  }
  return caller.principal;
}

/**
 * Return the principal that makes the call, if it has one: for methods that are OPTIONAL.
 *
 * @param ctx the context of the handler, or the request of an interceptor
 * @returns the principal; undefined when the call is anonymous or the method public
 */
export function optionalPrincipalOf(ctx: CallContext): Principal | undefined {
  return callerOf(ctx)?.principal;
}

/**
 * Return the certificate with which the client of a call has proven in TLS that it holds its key: of the connection, or
 * with option `clientCertificates` what the proxy says. It need not be that which the token is bound to, unless the
 * principal has such a binding. Over a stream it stays that of the connection of the stream.
 *
 * @param ctx the context of the handler, or the request of an interceptor
 * @returns undefined: the client has shown none, no adapter of Node serves the call, or it was not given the
 *   `contextValues` of `createAuth`
 * @throws AuthError `TOKEN_INVALID` when the proxy has sent what is no certificate
 */
export function certificateOf(ctx: CallContext): ClientCertificate | undefined {
  return stateIn(ctx)?.certificate;
}

/**
 * Call a listener when a stream goes on with a new principal, renewed or with other rights, for example to read its scopes
 * anew. By then {@link principalOf} returns the new one.
 *
 * @param ctx the context of the handler, or the request of an interceptor
 * @param listener called after every change; what it throws ends the stream: an AuthError as it is, anything else is
 *   reported and ends it with `POLICY_DENIED`
 * @returns what ends the calls
 */
export function onPrincipalChange(ctx: CallContext, listener: PrincipalListener): () => void {
  const caller = callerOf(ctx);
  if (caller === undefined) {
    return () => {};
  }
  caller.listeners ??= new Set();
  caller.listeners.add(listener);
  return () => void caller.listeners?.delete(listener);
}

/** Let a stream go on with a new principal, and notify its listeners. */
export function replacePrincipal(caller: Caller, principal: Principal): void {
  caller.principal = principal;
  caller.listeners?.forEach((listener) => {
    listener(principal);
  });
}

/** Find what the gate left. */
export function callerOf(ctx: CallContext): Caller | undefined {
  return stateIn(ctx)?.caller;
}

function stateIn(ctx: CallContext): CallState | undefined {
  return stateOf("values" in ctx ? ctx.values : ctx.contextValues);
}
