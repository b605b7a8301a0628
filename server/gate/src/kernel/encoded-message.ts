import { type DescMessage, fromBinary, type MessageShape } from "@bufbuild/protobuf";

/** Where an encoded message has its bytes. */
const BYTES = Symbol("countersign bytes");

/**
 * Make a message of bytes that many callers are to be sent: our listener sends them as they are, and nothing is encoded or
 * compressed for each. What reads a field, such as the JSON format or another adapter, has it decoded once.
 *
 * @param schema the type of the message
 * @param bytes the message in the binary format. They must not change
 */
export function createEncodedMessage<Desc extends DescMessage>(
  schema: Desc,
  bytes: Uint8Array,
): MessageShape<Desc> {
  let decoded: MessageShape<Desc> | undefined;
  const read = (member: string): unknown => {
    decoded ??= fromBinary(schema, bytes);
    return Reflect.get(decoded, member);
  };
  const message = { $typeName: schema.typeName, [BYTES]: bytes };
  for (const { localName } of schema.members) {
    Object.defineProperty(message, localName, { enumerable: true, get: () => read(localName) });
  }
  // Its members are those of the type, and give what the bytes say.
  return message as unknown as MessageShape<Desc>;
}

/** Find the bytes that a message was made of; undefined for any other message. */
export function bytesOf(message: object): Uint8Array | undefined {
  return (message as { readonly [BYTES]?: Uint8Array })[BYTES]; // only the function above writes it
}
