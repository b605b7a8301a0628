import type { DescMethod } from "@bufbuild/protobuf";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import type { AbortState } from "../../kernel/lazy-signal.ts";
import { cutOffAfterGrace, type Transport } from "../../streams/drain-grace.ts";
import type { Ending } from "../../streams/ending.ts";
import { findOwnerId } from "../../streams/owner-id.ts";
import type { StreamDrain } from "../../streams/stream-drain.ts";
import type { LeaseContext } from "../../streams/stream-lease.ts";
import type { StreamLifetime } from "../../streams/stream-lifetime.ts";
import { abortStateOf } from "../call-source.ts";
import { stateOf } from "../call-state.ts";
import { announceOpening, transportOf } from "../node-request.ts";
import type { Opening } from "../open-lease.ts";
import type { OnHeaderSent } from "../sent-headers.ts";
import { type Begun, beginStream, type StreamBeginnings } from "./begin-stream.ts";
import { createStreamContext } from "./stream-context.ts";

/**
 * The response header that says how many seconds a stream may last without renewal. The SDK has the same: a test holds
 * both equal.
 */
const EXPIRES_IN_HEADER = "countersign-expires-in";

/** The response header that says which process has a stream that can be renewed. The SDK has the same. */
const OWNER_HEADER = "countersign-stream-owner";

/** What streams are opened with. */
export interface StreamOptions extends StreamBeginnings {
  /** Ends those that have no end of their own, when the server stops. */
  readonly drain: StreamDrain;
  /** Finds what is told of response headers of a method that have been sent. */
  readonly sentHeadersOf: (method: DescMethod) => OnHeaderSent;
}

/** A stream that is about to be opened. */
export interface StreamOpening extends Pick<Opening, "ctx" | "policy" | "assertRule"> {
  /** Whether it ends by itself, as a call does: one answer to the messages of its client. */
  readonly isCall: boolean;
}

/** A stream that is open. */
export interface OpenStream {
  /** The context of its handler: the signal aborts when the stream ends, and when that of the call does. */
  readonly ctx: HandlerContext;
  /** When and why it ends. */
  readonly ending: Pick<StreamLifetime, keyof Ending | "end">;
  /** It is over by itself. */
  release(): void;
}

/**
 * Open a stream that ends at its deadline, with its session, or by itself.
 *
 * @throws AuthError when it may not be opened: the token has run out, the session is revoked, or there are too many
 * @throws ConnectError when its name is none or taken, or the client has left
 */
export function openStream(options: StreamOptions, opening: StreamOpening): OpenStream {
  const { ctx } = opening;
  const call = abortStateOf(ctx);
  if (call.aborted) {
    // The client has left while the gate decided, and its signal aborts only once.
    throw ConnectError.from(call.reason, Code.Canceled);
  }
  const stream = new OpenedStream({ options, ctx, call, begun: beginStream(options, opening) });
  stream.listen(opening.isCall);
  const { ended } = stream.ending;
  if (ended !== undefined) {
    stream.letGo();
    throw ended;
  }
  stream.announce();
  return stream;
}

/** What an open stream is made of. */
interface OpenedParts {
  readonly options: StreamOptions;
  /** The context of its call. */
  readonly ctx: HandlerContext;
  /** Whether its call is over. */
  readonly call: AbortState;
  readonly begun: Begun;
}

/** An open stream. A class: one is made for every stream. */
class OpenedStream implements OpenStream {
  /** One signal for both ends: joining two takes 2 kB more for each stream. */
  readonly ctx: HandlerContext;
  readonly #parts: OpenedParts;

  constructor(parts: OpenedParts) {
    this.#parts = parts;
    this.ctx = createStreamContext(parts.ctx, parts.begun.lifetime);
  }

  get ending(): StreamLifetime {
    return this.#parts.begun.lifetime;
  }

  /** Follow whatever ends it. */
  listen(isCall: boolean): void {
    const { options, call } = this.#parts;
    if (!isCall) {
      options.drain.add(this.ending);
    }
    this.ending.onEnd(() => {
      options.drain.remove(this.ending);
      const transport = this.#findTransport();
      if (transport !== undefined) {
        cutOffAfterGrace(transport, options.leases.clock);
      }
    });
    call.addEventListener("abort", this.#onAbort);
    // An interceptor may have put another signal in the place of that of the call: that of the request says when the
    // client leaves.
    this.#client?.addEventListener("abort", this.letGo);
  }

  /** Say in the header of the answer how long it may last. */
  announce(): void {
    const { options, ctx, begun } = this.#parts;
    const leftMs = this.ending.deadlineMs - options.leases.clock.nowMs();
    ctx.responseHeader.set(EXPIRES_IN_HEADER, toSeconds(leftMs));
    if (begun.isRenewable) {
      ctx.responseHeader.set(OWNER_HEADER, findOwnerId());
      announceOpening(ctx.values, ctx.responseHeader, options.sentHeadersOf(ctx.method));
    }
  }

  /** Follow it no more: the client has left, or it is over by itself. */
  readonly letGo = (): void => {
    const { options, call, begun } = this.#parts;
    const client = this.#client;
    call.removeEventListener("abort", this.#onAbort);
    client?.removeEventListener("abort", this.letGo);
    options.drain.remove(this.ending);
    begun.close([call, client].find((one) => one?.aborted === true)?.reason);
  };

  release(): void {
    this.letGo();
    const transport = this.#findTransport();
    if (transport !== undefined && this.ending.ended === undefined) {
      boundSending(transport, this.ending.deadlineMs, this.#parts.options.leases);
    }
  }

  // Connect aborts the signal of a call when the client leaves, but also when its deadline passes, or the server shuts
  // down: a handler need not heed it, and then its stream still ends with its token and its session.
  readonly #onAbort = (): void => {
    const { call, options } = this.#parts;
    const transport = this.#findTransport();
    if (this.#client?.aborted !== false && transport?.isDone() !== false) {
      this.letGo();
      return;
    }
    this.ending.abort(call.reason);
    transport?.onDone(this.letGo);
    if (transport !== undefined && isDeadline(call.reason)) {
      cutOffAfterGrace(transport, options.leases.clock);
    }
  };

  /** What aborts when the client leaves, where the adapter has one. */
  get #client(): AbortSignal | undefined {
    return stateOf(this.#parts.ctx.values)?.signal;
  }

  #findTransport(): Transport | undefined {
    return transportOf(this.#parts.ctx.values, this.#client);
  }
}

/**
 * What a handler has given before it ended may wait for its client for as long as the stream could have lasted: one that
 * reads slowly gets all of it, and one that does not read holds it no longer than with a handler that goes on.
 */
function boundSending(transport: Transport, untilMs: number, { deadlines, clock }: LeaseContext): void {
  if (transport.isDone()) {
    return;
  }
  const end = deadlines.add(untilMs, () => cutOffAfterGrace(transport, clock));
  transport.onDone(() => deadlines.cancel(end));
}

/** Check whether the signal of a call was aborted because the time is over that its client waits. */
function isDeadline(reason: unknown): boolean {
  return reason instanceof ConnectError && reason.code === Code.DeadlineExceeded;
}

function toSeconds(ms: number): string {
  return String(Math.max(0, Math.floor(ms / 1000)));
}
