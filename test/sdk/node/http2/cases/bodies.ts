import { answer, type BytesOf, type Case, frame, type Kind } from "../script.ts";

const STREAMS: readonly Kind[] = ["watchNotes", "syncNotes"];
const SINGLE: readonly Kind[] = ["getNote", "importNotes"];

const many =
  (count: number, text = "") =>
  (bytesOf: BytesOf) =>
    Array.from({ length: count }, (_, index) => frame(bytesOf(index + 1, text)));

/** Two messages as one run of bytes, cut at a place. */
const cutAt = (at: number) => (bytesOf: BytesOf) => {
  const bytes = Buffer.concat(many(2)(bytesOf));
  return [bytes.subarray(0, at), bytes.subarray(at)];
};

/** What answers consist of. */
export const BODY_CASES: readonly Case[] = [
  ...[0, 1, 2, 3, 100].map((count) => ({ name: `${count} messages`, script: answer({ body: many(count) }) })),
  { name: "5,000 messages", kinds: STREAMS, script: answer({ body: many(5_000) }) },
  ...[1_000, 16_379, 16_380, 65_530, 70_000, 1_000_000].map((size) => ({
    name: `a message of ${size} characters`,
    script: answer({ body: many(1, "x".repeat(size)) }),
  })),
  {
    name: "20 messages of 100,000 characters",
    kinds: STREAMS,
    script: answer({ body: many(20, "x".repeat(100_000)) }),
  },
  ...Array.from({ length: 9 }, (_, at) => ({
    name: `two messages in one run, cut at ${at + 1}`,
    kinds: STREAMS,
    script: answer({ body: cutAt(at + 1) }),
  })),
  {
    name: "one byte at a time",
    script: answer({
      body: (bytesOf) => Array.from(frame(bytesOf(1, "one")), (byte) => Buffer.of(byte)),
    }),
  },
  ...[1, 2, 4, 6].map((length) => ({
    name: `an answer that ends after ${length} bytes`,
    script: answer({ body: (bytesOf) => [frame(bytesOf(3, "text")).subarray(0, length)] }),
  })),
  ...[1, 3, 6].map((length) => ({
    name: `a message, and ${length} bytes of another`,
    script: answer({
      body: (bytesOf) => [frame(bytesOf(1)), frame(bytesOf(2, "text")).subarray(0, length)],
    }),
  })),
  {
    name: "a status of an error behind half a message",
    script: answer({ body: () => [Buffer.of(0, 0, 0, 0, 9, 1)], trailer: { "grpc-status": "8" } }),
  },
  {
    name: "a length of four gigabytes",
    script: answer({ body: () => [Buffer.of(0, 0x0f, 0xff, 0xff, 0xff, 1)] }),
    kinds: STREAMS,
  },
  { name: "a message without bytes", script: answer({ body: () => [frame(Buffer.of())] }) },
  {
    name: "messages without bytes",
    kinds: STREAMS,
    script: answer({ body: () => [frame(Buffer.of()), frame(Buffer.of()), frame(Buffer.of())] }),
  },
  ...[2, 0x80, 0xfe].map((flags) => ({
    name: `the flags ${flags}`,
    script: answer({ body: (bytesOf) => [frame(bytesOf(1), flags)] }),
  })),
  { name: "bytes that are no message", script: answer({ body: () => [frame(Buffer.from("ffff", "hex"))] }) },
  {
    name: "a message, then bytes that are none",
    script: answer({ body: (bytesOf) => [frame(bytesOf(1)), frame(Buffer.from("0a7f41", "hex"))] }),
  },
  {
    name: "bytes that are no message, then a message",
    kinds: SINGLE,
    script: answer({ body: (bytesOf) => [frame(Buffer.from("ffff", "hex")), frame(bytesOf(1))] }),
  },
  {
    name: "messages, then the status of an error",
    script: answer({ body: many(2), trailer: { "grpc-status": "13", "grpc-message": "broken" } }),
  },
];
