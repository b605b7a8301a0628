import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import type { Principal } from "../authenticate/principal.ts";
import type { Policy } from "../authorize/policy-fields.ts";
import { toMethodName } from "../authorize/policy-table.ts";
import { AuthError } from "../errors/auth-error.ts";
import { createStreamLease, type LeaseContext, type OpenLease } from "../streams/stream-lease.ts";
import { isStreamId } from "../streams/stream-registry.ts";
import { requestHeaderOf } from "./call-source.ts";
import type { Caller } from "./call-state.ts";
import type { ErrorSink } from "./error-contract.ts";
import { replacePrincipal } from "./principal-context.ts";

/** The request header by which a client names its stream. The SDK has the same: a test holds both equal. */
const STREAM_ID_HEADER = "countersign-stream-id";

/** What streams are opened with. */
export interface OpeningContext extends LeaseContext {
  /** The server calls it with errors that are not the caller's. */
  readonly onError: ErrorSink;
}

/** A stream that is about to be opened. */
export interface Opening {
  readonly ctx: HandlerContext;
  readonly caller: Caller & { readonly principal: Principal };
  readonly policy: Policy;
  /**
   * Holds the rule of the method against the newest message of the client, for a new principal. Absent: it has none.
   *
   * @throws AuthError when the stream may not go on
   */
  readonly assertRule?: ((principal: Principal) => void) | undefined;
}

/**
 * Open the lease of a stream, until the end of its token. It may have ended already when this returns.
 *
 * @throws ConnectError when its name is none, or taken
 */
export function openLease(context: OpeningContext, opening: Opening): OpenLease {
  const { ctx, caller, policy } = opening;
  const { onError } = context;
  const lease = createStreamLease(context, {
    streamId: readStreamId(ctx),
    policy,
    caller,
    adopt: (principal) => showPrincipal(opening, principal, onError),
    method: toMethodName(ctx.method),
  });
  if (lease === undefined) {
    throw new ConnectError("a stream of this identifier is open already", Code.AlreadyExists);
  }
  return lease;
}

/**
 * Hold the rule against the new principal, and show it to the handler. A handler that throws at it ends its own stream,
 * and the renewal of no other.
 */
function showPrincipal(
  { ctx, caller, assertRule }: Opening,
  principal: Principal,
  onError: ErrorSink,
): AuthError | undefined {
  try {
    assertRule?.(principal);
    replacePrincipal(caller, principal);
    return undefined;
  } catch (error) {
    if (error instanceof AuthError) {
      return error;
    }
    onError(error, ctx.method);
    return new AuthError("POLICY_DENIED", "the handler does not go on with the new token", {
      facts: { check: "renewal" },
    });
  }
}

/**
 * Read the name that a client gave its stream.
 *
 * @throws ConnectError when it is none
 */
function readStreamId(ctx: HandlerContext): string | undefined {
  const id = requestHeaderOf(ctx).get(STREAM_ID_HEADER);
  if (id !== null && !isStreamId(id)) {
    throw new ConnectError(`${STREAM_ID_HEADER} is not 128 bits in base64url`, Code.InvalidArgument);
  }
  return id ?? undefined;
}
