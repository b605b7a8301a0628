import { type DescField, type DescMessage, isMessage, type Message, ScalarType } from "@bufbuild/protobuf";

/** Reads a message. */
export type Decode = (data: Uint8Array) => Message;

/**
 * Create what reads messages out of bytes that others share, and holds on to none of them. Only messages that would are read
 * from a copy, which takes longer than most messages take to be read.
 *
 * @param decode reads messages whose fields of bytes, and those that the schema does not know, are parts of what it is given
 */
export function createSharedDecode(schema: DescMessage, decode: Decode): Decode {
  if (hasBytes(schema)) {
    return (data) => decode(toOwn(data));
  }
  const hasUnknown = createUnknownCheck(schema);
  return (data) => {
    const message = decode(data);
    return hasUnknown(message) ? decode(toOwn(data)) : message;
  };
}

/** A copy, unless nothing else is in the memory of the bytes. */
function toOwn(data: Uint8Array): Uint8Array {
  return data.length === data.buffer.byteLength ? data : data.slice();
}

/** Whether messages, or messages in them, have fields of bytes. */
function hasBytes(schema: DescMessage, seen: Set<DescMessage> = new Set()): boolean {
  if (seen.has(schema)) {
    return false;
  }
  seen.add(schema);
  return schema.fields.some(
    ({ scalar, message }) =>
      scalar === ScalarType.BYTES || (message !== undefined && hasBytes(message, seen)),
  );
}

type Check = (message: Message) => boolean;

/** Create what looks for fields that the schema does not know, in a message and in messages in it. */
function createUnknownCheck(schema: DescMessage, known: Map<DescMessage, Check> = new Map()): Check {
  const made = known.get(schema);
  if (made !== undefined) {
    return made;
  }
  const fields: Check[] = [];
  const check: Check = (message) => (message.$unknown?.length ?? 0) > 0 || fields.some((has) => has(message));
  known.set(schema, check);
  for (const field of schema.fields) {
    if (field.message !== undefined) {
      fields.push(createFieldCheck(field, createUnknownCheck(field.message, known)));
    }
  }
  return check;
}

function createFieldCheck({ fieldKind, localName, oneof }: DescField, check: Check): Check {
  // Some messages of Google's are plain values in fields: those have no unknown fields.
  const isFound = (value: unknown): boolean => isMessage(value) && check(value);
  return (message) => {
    const value = Reflect.get(message, oneof?.localName ?? localName);
    if (oneof !== undefined) {
      return value.case === localName && isFound(value.value);
    }
    if (fieldKind === "list") {
      return value.some(isFound);
    }
    return fieldKind === "map" ? Object.values(value).some(isFound) : isFound(value);
  };
}
