import { createEnding } from "../../streams/ending.ts";
import type { StreamDrain } from "../../streams/stream-drain.ts";
import type { OpenStream, StreamOpening } from "./open-stream.ts";

/**
 * Open a stream of a service in shadow mode. Its token and its session do not end it; a server that stops does.
 *
 * @throws AuthError `SERVER_DRAINING` when the server has ended its streams already
 */
export function openShadowStream(
  drain: StreamDrain,
  { ctx, isCall }: Pick<StreamOpening, "ctx" | "isCall">,
): OpenStream {
  if (isCall) {
    return { ctx, ending: ENDLESS, release: () => {} };
  }
  const ending = createEnding();
  const onAbort = (): void => ending.release(ctx.signal.reason);
  const release = (): void => {
    ctx.signal.removeEventListener("abort", onAbort);
    drain.remove(ending);
    ending.release(ctx.signal.reason);
  };
  ctx.signal.addEventListener("abort", onAbort);
  drain.add(ending);
  if (ending.ended !== undefined) {
    release();
    throw ending.ended;
  }
  if (ctx.signal.aborted) {
    onAbort();
  }
  return { ctx: { ...ctx, signal: ending.signal }, ending, release };
}

const ENDLESS: OpenStream["ending"] = { ended: undefined, onEnd: () => {}, end: () => {} };
