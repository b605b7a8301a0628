import type { Case } from "../case.ts";
import { bodyOf, caseOf, DIALECTS, encode, frame, inDialects, isConnect } from "../wire.ts";

const ENVELOPED = DIALECTS.filter((dialect) => !isConnect(dialect));
const CONNECT = DIALECTS.filter(isConnect);

const garbage = Uint8Array.from([0xff, 0xff, 0xff, 0xff, 0x0f]);

/** Bodies that are what they should be, cut into pieces in every way, and bodies that are not. */
export const framingCases: readonly Case[] = [
  ...inDialects(DIALECTS, "no body at all", { steps: ["end"] }),
  ...inDialects(DIALECTS, "an empty message", { message: {} }),
  ...inDialects(DIALECTS, "byte by byte", (dialect) => ({
    steps: [...[...bodyOf(dialect, { text: "hello" })].map((byte) => Uint8Array.of(byte)), "end"],
  })),
  ...inDialects(DIALECTS, "in two halves", (dialect) => {
    const body = bodyOf(dialect, { text: "hello" });
    return { steps: [body.subarray(0, 7), body.subarray(7), "end"] };
  }),
  ...inDialects(DIALECTS, "an empty piece first", (dialect) => ({
    steps: [new Uint8Array(), bodyOf(dialect, { text: "hello" }), "end"],
  })),
  ...inDialects(DIALECTS, "a message that cannot be read", (dialect) => ({
    steps: [isConnect(dialect) ? garbage : frame(garbage), "end"],
  })),
  ...inDialects(DIALECTS, "large numbers and text beyond ASCII", {
    message: { text: "\u00e9 \u{1f600} \u0000", count: 9_007_199_254_740_993n },
  }),
  ...inDialects(ENVELOPED, "a length shorter than the message", (dialect) => {
    const message = encode(dialect, { text: "hello" });
    return { steps: [frame(message, { length: message.length - 1 }), "end"] };
  }),
  ...inDialects(ENVELOPED, "a length longer than the message", (dialect) => {
    const message = encode(dialect, { text: "hello" });
    return { steps: [frame(message, { length: message.length + 1 }), "end"] };
  }),
  ...inDialects(ENVELOPED, "the largest length", (dialect) => ({
    steps: [frame(encode(dialect), { length: 0xffffffff }), "end"],
  })),
  ...inDialects(ENVELOPED, "two messages", (dialect) => ({
    steps: [bodyOf(dialect, { text: "one" }), bodyOf(dialect, { text: "two" }), "end"],
  })),
  ...inDialects(ENVELOPED, "two messages in one piece", (dialect) => ({
    steps: [Buffer.concat([bodyOf(dialect, { text: "one" }), bodyOf(dialect, { text: "two" })]), "end"],
  })),
  ...inDialects(ENVELOPED, "a message and an empty one", (dialect) => ({
    steps: [Buffer.concat([bodyOf(dialect, { text: "one" }), frame(new Uint8Array())]), "end"],
  })),
  ...inDialects(ENVELOPED, "a byte behind the message", (dialect) => ({
    steps: [Buffer.concat([bodyOf(dialect, { text: "one" }), Uint8Array.of(0)]), "end"],
  })),
  ...inDialects(ENVELOPED, "a head without its end", { steps: [Uint8Array.of(0, 0, 0), "end"] }),
  ...inDialects(ENVELOPED, "a head without a message", { steps: [Uint8Array.of(0, 0, 0, 0, 9), "end"] }),
  ...ENVELOPED.flatMap((dialect) =>
    [1, 2, 3, 4, 8, 16, 64, 127, 128, 129, 254, 255].map((flags) =>
      caseOf(dialect, `flags ${flags}`, { steps: [frame(encode(dialect, { text: "x" }), { flags }), "end"] }),
    ),
  ),
  ...inDialects(CONNECT, "an envelope where none belongs", (dialect) => ({
    steps: [frame(encode(dialect, { text: "hello" })), "end"],
  })),
  ...[
    '{"unknown": 1}',
    '{"text": 1}',
    '{"text": "a", "text": "b"}',
    "null",
    "[]",
    "{}",
    " {} ",
    "{} {}",
    '"text"',
    "",
    "{",
    "\ufeff{}",
    '{"count": "12"}',
    '{"count": 1.5}',
    '{"text": null}',
    '{"text": "\\ud800"}',
  ].flatMap((text) => [
    caseOf("connect-json", `JSON ${text}`, { steps: [Buffer.from(text), "end"] }),
    caseOf("grpc-json", `JSON ${text}`, { steps: [frame(Buffer.from(text)), "end"] }),
  ]),
  caseOf("connect-json", "text that is no UTF-8", {
    steps: [Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), "end"],
  }),
];
