import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import type { ConnectError } from "@connectrpc/connect";

/** The fields of a protobuf message by number, in order: bytes of a text or a message, or a whole number. */
export type Fields = ReadonlyMap<number, readonly (Uint8Array | number)[]>;

/**
 * Read the fields of an error's detail of this type; `undefined` when there is none or it cannot be read.
 *
 * Read by hand, so that a page need not carry the descriptors of `google.rpc`.
 */
export function detailOf(error: ConnectError, typeName: string): Fields | undefined {
  for (const detail of error.details) {
    if ("type" in detail && detail.type === typeName) return fieldsOf(detail.value);
  }
  return undefined;
}

/** Read the fields of a message. */
export function fieldsOf(bytes: Uint8Array): Fields | undefined {
  const reader = new BinaryReader(bytes);
  const fields = new Map<number, (Uint8Array | number)[]>();
  try {
    while (reader.pos < reader.len) {
      const [number, type] = reader.tag();
      const values = fields.get(number) ?? [];
      fields.set(number, values);
      if (type === WireType.LengthDelimited) values.push(reader.bytes());
      else if (type === WireType.Varint) values.push(Number(reader.int64()));
      else reader.skip(type, number);
    }
    return fields;
  } catch {
    // A detail that cannot be read says nothing; the error's code still does.
    return undefined;
  }
}

/** Read a text field; empty when it is missing. */
export function textOf(fields: Fields, number: number): string {
  const value = fields.get(number)?.[0];
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : "";
}

/** Read a duration field, in milliseconds; `undefined` when it is missing. */
export function durationMsOf(fields: Fields, number: number): number | undefined {
  const value = fields.get(number)?.[0];
  const duration = value instanceof Uint8Array ? fieldsOf(value) : undefined;
  if (duration === undefined) return undefined;
  const [seconds = 0, nanos = 0] = [duration.get(1)?.[0], duration.get(2)?.[0]];
  return Number(seconds) * 1000 + Number(nanos) / 1e6;
}
