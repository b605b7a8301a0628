import type { Interceptor, StreamRequest, UnaryRequest } from "@connectrpc/connect";
import type { Access } from "./access.ts";
import {
  type Authorized,
  type AuthorizedCall,
  createAuthorizedCall,
  type NextStream,
} from "./authorized-call.ts";
import type { Clock } from "./clock.ts";
import { SessionError } from "./errors.ts";
import type { OpenStreams } from "./open-streams.ts";
import type { OriginGuard } from "./origin.ts";
import { callStream } from "./stream-call.ts";
import { callUnary } from "./unary-call.ts";

/** What {@link createInterceptor} needs. */
export interface InterceptorContext {
  readonly access: Access;
  readonly clock: Clock;
  readonly mayReceiveToken: OriginGuard;
  /** Keeps streams alive. Absent: their server cannot renew them. */
  readonly streams?: OpenStreams | undefined;
}

const SESSION_SERVICE = "countersign.auth.v1.SessionService";

type AnyRequest = UnaryRequest | StreamRequest;
type AnyNext = ReturnType<Interceptor>;

/**
 * Create the interceptor that puts the session's token into calls.
 *
 * Calls that bring their own Authorization, and the two that need none, are left alone. A call to any other
 * origin fails before it is sent.
 */
export function createInterceptor(context: InterceptorContext): Interceptor {
  const { access, mayReceiveToken, streams } = context;
  const send = (next: AnyNext, req: AnyRequest, authorized: Authorized): ReturnType<AnyNext> =>
    // A transport answers a stream request with a stream response; the type of `next` does not say so.
    req.stream
      ? callStream(next as NextStream, req, { ...authorized, streams })
      : callUnary(next, req, authorized);
  const sendWhenReady = async (next: AnyNext, req: AnyRequest, call: AuthorizedCall): ReturnType<AnyNext> =>
    send(next, req, { call, held: await call.attachWhenReady() });
  return (next) => (req) => {
    if (req.header.has("authorization") || isPublic(req)) return next(req);
    if (!mayReceiveToken(req.url)) return Promise.reject(new SessionError("ORIGIN_NOT_ALLOWED"));
    const call = createAuthorizedCall(req, context);
    const held = access.usable();
    if (held === undefined) return sendWhenReady(next, req, call);
    call.attach(held);
    return send(next, req, { call, held });
  };
}

function isPublic({ method }: AnyRequest): boolean {
  return (
    method.parent.typeName === SESSION_SERVICE && (method.name === "SignIn" || method.name === "Refresh")
  );
}
