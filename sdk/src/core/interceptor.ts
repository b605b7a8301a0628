import {
  ConnectError,
  type Interceptor,
  type StreamRequest,
  type StreamResponse,
  type UnaryRequest,
  type UnaryResponse,
} from "@connectrpc/connect";
import { CALL } from "./call-name.ts";
import { isTokenRefused } from "./error-info.ts";
import { SessionError } from "./errors.ts";
import type { Held } from "./holder.ts";
import type { OriginGuard } from "./origin.ts";
import type { SessionCore } from "./session-core.ts";
import { createStreamCall, type StreamContext } from "./stream-call.ts";
import { shortenTimeout } from "./timeout-header.ts";
import type { Prover } from "./token-binding.ts";

/** What {@link createInterceptor} needs beside what a session shares with those that follow it. */
export interface InterceptorOptions extends StreamContext {
  readonly refuseToken: OriginGuard;
}

const PUBLIC_METHOD = /\/countersign\.auth\.v1\.SessionService\/(SignIn|Refresh)$/;

type AnyRequest = UnaryRequest | StreamRequest;
type AnyResponse = UnaryResponse | StreamResponse;
type AnyNext = ReturnType<Interceptor>;

/** What {@link send} works with. */
interface SendContext extends Omit<SessionCore, "looks">, InterceptorOptions {
  /** The session under which each call was made first, however often it is made. */
  readonly owners: WeakMap<object, string | undefined>;
}

/**
 * Create the interceptor that puts the session's token into calls, and makes a refused call once more with a newer
 * one.
 *
 * Calls that bring their own Authorization, and the two that need none, are left alone. A call to any other
 * origin fails before it is sent. A call that is made again, by an interceptor outside or by `resumable`, is made under
 * the account of the first time, or fails with SIGNED_OUT.
 */
export function createInterceptor(core: SessionCore, options: InterceptorOptions): Interceptor {
  const context = { ...core, ...options, owners: new WeakMap() };
  return (next) => (req) => {
    if (PUBLIC_METHOD.test(req.url) || req.header.has("authorization")) {
      return next(req);
    }
    const refusal = context.refuseToken(req.url);
    if (refusal) {
      return Promise.reject(refusal);
    }
    return send(context, next, req);
  };
}

async function send(context: SendContext, next: AnyNext, req: AnyRequest): Promise<AnyResponse> {
  const { access, clock, holder, owners, stepUps, binding } = context;
  const { header } = req;
  // Interceptors may make a call again with another signal, but put new headers into the old ones.
  const call = req.contextValues.get(CALL) ?? header;
  let owner = owners.get(call) ?? holder.held()?.sessionId;
  let sinceMs = clock.monotonicMs();
  const stream = req.stream ? createStreamCall(req, context) : undefined;
  let used: Held;
  let prover: Prover | undefined;
  /** Of which kinds the errors were that were seen to: of each, one. */
  let seen: readonly unknown[] = [];
  const madeAfter = stepUps?.count() ?? 0;

  function open(held: Held): Promise<AnyResponse> {
    if (owner === undefined) {
      owner = held.sessionId;
      owners.set(call, owner);
    }
    if (owner !== held.sessionId) {
      throw new SessionError("SIGNED_OUT");
    }
    held.ended.throwIfAborted();
    used = held;
    prover = binding?.proverOf(held);
    if (prover) {
      return prover.call(req, () => start(held));
    }
    header.set("authorization", `Bearer ${held.accessToken.reveal()}`);
    return start(held);
  }

  function start(held: Held): Promise<AnyResponse> {
    return stream?.open(held, next) ?? next(req);
  }

  function openLate(held: Held): Promise<AnyResponse> {
    const passedMs = clock.monotonicMs() - sinceMs;
    sinceMs += passedMs;
    const leastMs = 50;
    if (shortenTimeout(header, passedMs) < leastMs) {
      throw new SessionError("DEADLINE_TOO_CLOSE");
    }
    return open(held);
  }

  async function reopen(error: unknown): Promise<AnyResponse> {
    const refusal = ConnectError.from(error);
    const isProofRefused = prover?.mayRetry(req.url, refusal);
    const isRefused = isTokenRefused(refusal);
    const kind = isProofRefused ? "proof" : isRefused;
    const canHelp = stream?.canReopen() !== false && !seen.includes(kind);
    seen = [...seen, kind];
    const newer =
      canHelp &&
      (isProofRefused
        ? used
        : (isRefused || (await stepUp(refusal))) && (await access.replace(used, req.signal)));
    if (!newer) {
      throw error;
    }
    return openLate(newer).catch(reopen);
  }

  function stepUp(refusal: ConnectError): Promise<boolean> | undefined {
    const method = `${req.service.typeName}/${req.method.name}`;
    return stepUps?.ask(refusal, { method, madeAfter, signals: [req.signal, used.ended] });
  }

  // Also when it is not sent: an interceptor outside may make it again.
  owners.set(call, owner);
  try {
    const held = access.usable();
    const opening = held ? open(held) : openLate(await access.obtain({ signal: req.signal }));
    const response = await opening.catch(reopen);
    return stream && response.stream ? stream.answer(response, reopen) : response;
  } catch (error) {
    stream?.close();
    throw error;
  } finally {
    // Interceptors outside of this one may make the call again: its token is then no older than this one's choice.
    header.delete("authorization");
    header.delete("dpop");
  }
}
