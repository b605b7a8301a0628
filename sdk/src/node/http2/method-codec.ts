import type { DescMethod, Message } from "@bufbuild/protobuf";
import { createClientMethodSerializers, createMethodUrl } from "@connectrpc/connect/protocol";
import type { MessageLimits } from "../message-options.ts";
import { COMPRESSED, toFrame } from "./frames.ts";
import { createSharedDecode, type Decode } from "./shared-bytes.ts";

/** What calls of one method have in common. */
export interface MethodCodec {
  readonly url: string;
  /** The path of the URL, with its query. */
  readonly path: string;
  /** Write a message. @throws ConnectError Internal when it cannot be */
  readonly serialize: (message: Message) => Uint8Array<ArrayBuffer>;
  /** Write a message as it is sent in a stream: later, where it is compressed. @throws ConnectError Internal when it cannot be */
  readonly encode: (message: Message) => Buffer | Promise<Buffer>;
  /** Read a message out of bytes that others share: it keeps none of them. @throws ConnectError Internal when it is none */
  readonly decode: Decode;
}

/** Create what looks up the codec of a method at one server. It is made with the first call. */
export function createCodecs(baseUrl: string, messages: MessageLimits): (method: DescMethod) => MethodCodec {
  const codecs = new WeakMap<DescMethod, MethodCodec>();
  return (method) => {
    const known = codecs.get(method);
    if (known !== undefined) {
      return known;
    }
    const { parse, serialize } = createClientMethodSerializers(method, true);
    const url = createMethodUrl(baseUrl, method);
    const { pathname, search } = new URL(url);
    const codec: MethodCodec = {
      url,
      path: pathname + search,
      serialize,
      encode: (message) => pack(serialize(message), messages),
      decode: createSharedDecode(method.output, parse),
    };
    codecs.set(method, codec);
    return codec;
  };
}

/** Put the prefix before a message, which is compressed when it is large enough. */
function pack(
  data: Uint8Array<ArrayBuffer>,
  { sendCompression, compressMinBytes }: MessageLimits,
): Buffer | Promise<Buffer> {
  return sendCompression === null || data.length < compressMinBytes
    ? toFrame(data)
    : sendCompression.compress(data).then((compressed) => toFrame(compressed, COMPRESSED));
}
