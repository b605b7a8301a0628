import { Code, ConnectError } from "@connectrpc/connect";
import type { Message, ProtocolName } from "../call/call-parts.ts";
import { endStreamFlag, trailerFlag } from "../connect-protocol.ts";
import type { Frame } from "../exchange/frame-reader.ts";
import type { StreamCallParts } from "./stream-call.ts";

/** Reads the message of a frame; `undefined` when it has none for the handler. @throws ConnectError when it cannot be read */
export type ReadFrame = (frame: Frame) => Message | undefined;

/** The flag of frames that a client ends its stream with. gRPC has none. */
const END_FLAGS: Readonly<Record<ProtocolName, number>> = {
  grpc: 0,
  "grpc-web": trailerFlag,
  connect: endStreamFlag,
};
const COMPRESSED_FLAG = 1;

/** Create what reads the frames of a call whose messages are not compressed. */
export function createFrameParser({ head, method }: StreamCallParts): ReadFrame {
  const { isBinary, protocol } = head;
  const { inspector } = method;
  const serialization = method.serialization.getI(isBinary);
  const endFlag = END_FLAGS[protocol];
  return ({ flags, data }) => {
    if ((flags & COMPRESSED_FLAG) !== 0) {
      throw new ConnectError(
        "received compressed envelope, but do not know how to decompress",
        Code.Internal,
      );
    }
    // As the route does, which does not know which frame is the last.
    inspector?.inspect(data, isBinary);
    return endFlag !== 0 && (flags & endFlag) === endFlag ? undefined : serialization.parse(data);
  };
}
