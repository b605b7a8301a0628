import { own } from "../../hostile/issuers.ts";
import type { Case, HeaderFields } from "../case.ts";
import { frameOf, streamsIn } from "../stream-wire.ts";
import { DIALECTS, type Dialect, encode, frame, timeoutField } from "../wire.ts";

const bearer = (token: string): HeaderFields => [["authorization", `Bearer ${token}`]];
const garbage = frame(Uint8Array.from([0xff, 0xff, 0xff, 0xff, 0x0f]));

type Bodies = Readonly<Record<string, (dialect: Dialect) => readonly Uint8Array[]>>;

/** What a client may send, rightly or not. */
const BODIES: Bodies = {
  "no body at all": () => [],
  "an empty message": (dialect) => [frameOf(dialect)],
  "two messages in one piece": (dialect) => [
    Buffer.concat([frameOf(dialect, { text: "one" }), frameOf(dialect, { text: "two" })]),
  ],
  "byte by byte": (dialect) => [...frameOf(dialect, { text: "hello" })].map((byte) => Uint8Array.of(byte)),
  "cut within a head": (dialect) => {
    const bytes = Buffer.concat([frameOf(dialect, { text: "one" }), frameOf(dialect, { text: "two" })]);
    return [bytes.subarray(0, 12), bytes.subarray(12)];
  },
  "a message that cannot be read": () => [garbage],
  "a message that is not whole": (dialect) => [frameOf(dialect, { text: "hello" }).subarray(0, 8)],
  "a head that is not whole": () => [Uint8Array.of(0, 0, 0)],
  "a message that is too large": (dialect) => [frameOf(dialect, { text: "x".repeat(2_000) })],
  "a message that is said to be huge": (dialect) => [frame(encode(dialect), { length: 0xffffffff })],
  "as much as may arrive": (dialect) => [
    frameOf(dialect, { text: "x".repeat(1_024 - encode(dialect, { text: "x".repeat(500) }).length + 500) }),
  ],
  "a byte behind the message": (dialect) => [
    Buffer.concat([frameOf(dialect, { text: "one" }), Uint8Array.of(0)]),
  ],
};

const FLAGS = [1, 2, 3, 4, 64, 128, 129, 130, 255];

/** The gate's answers, and those to bodies, for methods that take one message or a stream of them. */
export const streamRequestCases: readonly Case[] = [
  ...(["Follow", "Collect", "Talk"] as const).flatMap((method) => {
    const script = method === "Follow" ? "send done" : "echo,send done";
    return [
      ...Object.entries(BODIES).flatMap(([name, body]) =>
        streamsIn(DIALECTS, name, (dialect) => ({ method, script, steps: [...body(dialect), "end"] })),
      ),
      ...FLAGS.flatMap((flags) =>
        streamsIn(["grpc", "grpc-web", "connect", "connect-json"], `flags ${flags}`, (dialect) => ({
          method,
          script,
          steps: [frameOf(dialect, { text: "x" }, flags), "end"],
        })),
      ),
      ...streamsIn(DIALECTS, "a deadline that is far away", (dialect) => ({
        method,
        script,
        more: timeoutField(dialect, 20_000),
      })),
      ...streamsIn(["grpc", "connect"], "a deadline that is none", {
        method,
        script,
        more: [
          ["grpc-timeout", "no"],
          ["connect-timeout-ms", "no"],
        ],
      }),
      ...streamsIn(DIALECTS, "a deadline that passes in the handler", (dialect) => ({
        method,
        script: "aborted,reason",
        more: timeoutField(dialect, 30),
        isTimed: true,
      })),
    ];
  }),
  ...["FollowPrivate", "CollectPrivate", "TalkPrivate"].flatMap((method) =>
    Object.entries({
      "a good token": bearer(own()),
      "no token": [],
      garbage: bearer("garbage"),
      "an expired token": bearer(own({ exp: 1_000 })),
      "a token of a revoked session": bearer(own({ sid: "session-revoked" })),
      "a name for the stream": [
        ...bearer(own()),
        ["countersign-stream-id", "AAAAAAAAAAAAAAAAAAAAAA"] as const,
      ],
      "a name that is none": [...bearer(own()), ["countersign-stream-id", "no"] as const],
    }).flatMap(([name, more]) =>
      streamsIn(["grpc", "grpc-web", "connect", "connect-json"], name, {
        method,
        more,
        script: "read,send a",
      }),
    ),
  ),
  ...["FollowRuled", "CollectRuled", "TalkRuled"].flatMap((method) =>
    [["allowed"], ["denied"], ["allowed", "denied"], ["allowed", "allowed", "denied", "allowed"]].flatMap(
      (texts) =>
        ["echo,send a", "forgive,forgive,forgive,send a", "send a"].flatMap((script) =>
          streamsIn(["grpc", "grpc-web", "connect-json"], `${texts.join(" ")} and ${script}`, {
            method,
            script,
            messages: texts.map((text) => ({ text })),
            more: bearer(own()),
          }),
        ),
    ),
  ),
];
