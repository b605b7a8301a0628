import { createEnding } from "../../streams/ending.ts";
import type { StreamDrain } from "../../streams/stream-drain.ts";
import { abortStateOf } from "../call-source.ts";
import type { OpenStream, StreamOpening } from "./open-stream.ts";
import { createStreamContext } from "./stream-context.ts";

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
  const call = abortStateOf(ctx);
  const ending = createEnding();
  const onAbort = (): void => ending.release(call.reason);
  const release = (): void => {
    call.removeEventListener("abort", onAbort);
    drain.remove(ending);
    ending.release(call.reason);
  };
  call.addEventListener("abort", onAbort);
  drain.add(ending);
  if (ending.ended !== undefined) {
    release();
    throw ending.ended;
  }
  if (call.aborted) {
    onAbort();
  }
  return { ctx: createStreamContext(ctx, ending), ending, release };
}

const ENDLESS: OpenStream["ending"] = { ended: undefined, onEnd: () => {}, end: () => {} };
