import { create, type DescMessage, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import {
  AnySchema,
  FileDescriptorProtoSchema,
  ListValueSchema,
  StructSchema,
  ValueSchema,
} from "@bufbuild/protobuf/wkt";
import { NoteEventSchema } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { describe, expect, test } from "vitest";
import { createSharedDecode } from "../../../../sdk/src/node/http2/shared-bytes.ts";
import { notEmpty } from "../../../support/not-empty.ts";

/** Read a message out of the middle of other bytes, and note what its reader was handed. */
function readShared(schema: DescMessage, data: Uint8Array) {
  const all = Uint8Array.of(1, 2, ...data, 3, 4);
  const handed: Uint8Array[] = [];
  const decode = createSharedDecode(schema, (bytes): Message => {
    handed.push(bytes);
    return fromBinary(schema, bytes);
  });
  const message = decode(all.subarray(2, 2 + data.length));
  return { all, handed, message };
}

const note = { id: "one", title: "a title" };
/** A field that no schema of these knows: of text. */
const unknown = Uint8Array.of(0xea, 0x7f, 2, 0x61, 0x62);

/** Put bytes into a field of a message. */
const within = (number: number, data: Uint8Array): Uint8Array =>
  Uint8Array.of(number * 8 + 2, data.length, ...data);

test("a message that keeps nothing of its bytes is read where they are", () => {
  const sent = create(NoteEventSchema, { sequence: 3n, note });
  const { all, handed, message } = readShared(NoteEventSchema, toBinary(NoteEventSchema, sent));
  expect(message).toEqual(sent);
  expect(handed.map(({ buffer }) => buffer)).toEqual([all.buffer]);
});

describe("a message is read from a copy", () => {
  const kinds = [
    { name: "with a field of bytes", schema: AnySchema, data: within(2, unknown) },
    {
      name: "whose messages have fields of bytes",
      schema: FileDescriptorProtoSchema,
      data: within(1, Uint8Array.of(0x61)),
    },
    { name: "with a field that its schema does not know", schema: NoteEventSchema, data: unknown },
    { name: "with such a field in a message", schema: NoteEventSchema, data: within(3, unknown) },
    { name: "with such a field in a list", schema: ListValueSchema, data: within(1, unknown) },
    {
      name: "with such a field in a list in a choice",
      schema: ValueSchema,
      data: within(6, within(1, unknown)),
    },
    { name: "with such a field in a map", schema: StructSchema, data: within(1, within(2, unknown)) },
  ] as const;
  test.each(notEmpty([...kinds]))("$name", ({ schema, data }) => {
    const { all, handed, message } = readShared(schema, data);
    expect(message).toEqual(fromBinary(schema, data));
    expect(handed.at(-1)?.buffer).not.toBe(all.buffer);
    expect(handed.at(-1)).toEqual(data);
  });
});

test("bytes that have their memory for themselves are not copied", () => {
  const handed: Uint8Array[] = [];
  const decode = createSharedDecode(AnySchema, (bytes): Message => {
    handed.push(bytes);
    return fromBinary(AnySchema, bytes);
  });
  const data = within(2, unknown);
  decode(data);
  expect(handed[0]).toBe(data);
});
