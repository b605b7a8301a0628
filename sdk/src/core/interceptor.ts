import {
  ConnectError,
  type Interceptor,
  type StreamRequest,
  type StreamResponse,
  type UnaryRequest,
  type UnaryResponse,
} from "@connectrpc/connect";
import type { Access } from "./access.ts";
import type { Clock } from "./clock.ts";
import { isTokenRefused } from "./error-info.ts";
import { SessionError } from "./errors.ts";
import type { Held } from "./holder.ts";
import type { OpenStreams } from "./open-streams.ts";
import type { OriginGuard } from "./origin.ts";
import { createStreamCall } from "./stream-call.ts";
import { readTimeoutMs, writeTimeoutMs } from "./timeout-header.ts";

/** What {@link createInterceptor} needs. */
export interface InterceptorContext {
  readonly access: Access;
  readonly clock: Clock;
  readonly mayReceiveToken: OriginGuard;
  /** Keeps streams alive. Absent: their server cannot renew them. */
  readonly streams: OpenStreams | undefined;
}

const PUBLIC_METHOD = /^countersign\.auth\.v1\.SessionService\.(SignIn|Refresh)$/;
const MIN_LEFT_MS = 50;

type AnyRequest = UnaryRequest | StreamRequest;
type AnyResponse = UnaryResponse | StreamResponse;
type AnyNext = ReturnType<Interceptor>;

/**
 * Create the interceptor that puts the session's token into calls, and makes a refused call once more with a newer
 * one.
 *
 * Calls that bring their own Authorization, and the two that need none, are left alone. A call to any other
 * origin fails before it is sent.
 */
export function createInterceptor(context: InterceptorContext): Interceptor {
  return (next) => (req) => {
    const { method } = req;
    const isPublic = PUBLIC_METHOD.test(`${method.parent.typeName}.${method.name}`);
    if (isPublic || req.header.has("authorization")) return next(req);
    if (!context.mayReceiveToken(req.url)) return Promise.reject(new SessionError("ORIGIN_NOT_ALLOWED"));
    return send(context, next, req);
  };
}

async function send(
  { access, clock, streams }: InterceptorContext,
  next: AnyNext,
  req: AnyRequest,
): Promise<AnyResponse> {
  const startedMs = clock.monotonicMs();
  const timeoutMs = readTimeoutMs(req.header);
  const stream = req.stream ? createStreamCall(req, streams) : undefined;
  let held = access.usable();
  let openings = 0;

  function open(token: Held): Promise<AnyResponse> {
    openings += 1;
    held = token;
    req.header.set("authorization", `Bearer ${token.accessToken.reveal()}`);
    return next(stream === undefined ? req : stream.prepare(token));
  }

  function openLate(token: Held): Promise<AnyResponse> {
    const leftMs = timeoutMs - (clock.monotonicMs() - startedMs);
    if (leftMs < MIN_LEFT_MS) throw new SessionError("DEADLINE_TOO_CLOSE");
    if (leftMs > 0) writeTimeoutMs(req.header, leftMs);
    return open(token);
  }

  async function reopen(error: unknown): Promise<AnyResponse> {
    const isRefused = isTokenRefused(ConnectError.from(error));
    if (openings > 1 || held === undefined || !isRefused || stream?.canReopen() === false) throw error;
    const newer = await access.replace(held, req.signal);
    if (newer === undefined) throw error;
    return openLate(newer);
  }

  try {
    const response = await (held === undefined
      ? access.obtain({ signal: req.signal }).then(openLate)
      : open(held)
    ).catch(reopen);
    return stream !== undefined && response.stream ? stream.answer(response, reopen) : response;
  } catch (error) {
    stream?.close();
    throw error;
  } finally {
    // Interceptors outside of this one may make the call again: its token is then no older than this one's choice.
    req.header.delete("authorization");
  }
}
