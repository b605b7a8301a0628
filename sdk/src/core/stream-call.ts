import { toBinary } from "@bufbuild/protobuf";
import type { StreamRequest, StreamResponse } from "@connectrpc/connect";
import type { Authorized, NextStream } from "./authorized-call.ts";
import { createReplay, type Replay } from "./replay.ts";

/**
 * Open a stream with a token, and once more with a newer one when the server refuses it.
 *
 * The refusal comes with the opening or with the first message, depending on the protocol: both count as long
 * as every request message so far can be sent again.
 */
export async function callStream(
  next: NextStream,
  req: StreamRequest,
  { call, held }: Authorized,
): Promise<StreamResponse> {
  const replay = createReplay({
    source: req.message,
    sizeOf: (message) => toBinary(req.method.input, message).byteLength,
  });
  const open = () => next({ ...req, message: replay.messages() });
  const reopen = async (error: unknown): Promise<StreamResponse> => {
    if (!replay.isComplete()) throw error;
    await call.attachNewer(held, error);
    return open();
  };
  let first: StreamResponse;
  try {
    first = await open();
  } catch (error) {
    return releasing(await reopen(error), replay);
  }
  return { ...first, message: withReopening(first, replay, reopen) };
}

function releasing(response: StreamResponse, replay: Replay<unknown>): StreamResponse {
  replay.release();
  return response;
}

type Reopen = (error: unknown) => Promise<StreamResponse>;

function withReopening(
  first: StreamResponse,
  replay: Replay<unknown>,
  reopen: Reopen,
): StreamResponse["message"] {
  async function* messages(): StreamResponse["message"] {
    const iterator = first.message[Symbol.asyncIterator]();
    let result: Awaited<ReturnType<typeof iterator.next>>;
    try {
      result = await iterator.next();
    } catch (error) {
      const second = await reopen(error);
      replay.release();
      yield* second.message;
      // The caller already holds the first response: what it reads there after the end must be the second's.
      for (const [name, value] of second.trailer) first.trailer.set(name, value);
      return;
    }
    replay.release();
    for (; result.done !== true; result = await iterator.next()) yield result.value;
  }
  return messages();
}
