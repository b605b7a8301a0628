import type { Interceptor, StreamRequest, UnaryRequest } from "@connectrpc/connect";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import type { Access } from "./access.ts";
import {
  type Authorized,
  type AuthorizedCall,
  createAuthorizedCall,
  type NextStream,
} from "./authorized-call.ts";
import type { Clock } from "./clock.ts";
import { SessionError } from "./errors.ts";
import type { OriginGuard } from "./origin.ts";
import { callStream } from "./stream-call.ts";
import { callUnary } from "./unary-call.ts";

/** What {@link createInterceptor} needs. */
export interface InterceptorContext {
  readonly access: Access;
  readonly clock: Clock;
  readonly mayReceiveToken: OriginGuard;
}

type AnyRequest = UnaryRequest | StreamRequest;
type AnyNext = ReturnType<Interceptor>;

/**
 * Create the interceptor that puts the session's token into calls.
 *
 * Calls that bring their own Authorization, and the two that need none, are left alone. A call to any other
 * origin fails before it is sent.
 */
export function createInterceptor(context: InterceptorContext): Interceptor {
  const { access, mayReceiveToken } = context;
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

async function sendWhenReady(next: AnyNext, req: AnyRequest, call: AuthorizedCall): ReturnType<AnyNext> {
  return send(next, req, { call, held: await call.attachWhenReady() });
}

function send(next: AnyNext, req: AnyRequest, authorized: Authorized): ReturnType<AnyNext> {
  // A transport answers a stream request with a stream response; the type of `next` does not say so.
  if (req.stream) return callStream(next as NextStream, req, authorized);
  return callUnary(next, req, authorized);
}

function isPublic({ method }: AnyRequest): boolean {
  return method === SessionService.method.signIn || method === SessionService.method.refresh;
}
