import type { Case } from "../case.ts";
import { frameOf, streamsIn } from "../stream-wire.ts";
import { DIALECTS } from "../wire.ts";

const OVER_HTTP1 = DIALECTS.filter(
  (dialect) => !dialect.startsWith("grpc") || dialect.startsWith("grpc-web"),
);

const SCRIPTS = {
  "one message": "send hello",
  "no message": "turn",
  "nothing at all": "watch",
  "three messages": "send a,send b,send c",
  "messages with time between them": "send a,turn,send b,turn,turn,send c",
  "time before the first": "turn,turn,send a",
  "a hundred messages": "many 100",
  "more messages than a window takes": "many 6000",
  "a message made by create": "message",
  "a message without fields": "send",
  "as much as may leave": "large 2044",
  "a byte more than may leave": "large 2046",
  "a message that is too large behind one that is not": "send a,large 3000,send b",
  "a message that is none behind one": "send a,wrong,send b",
  "a message that is none": "wrong",
  "an error at once": "fail 5",
  "an error behind a message": "send a,fail 9",
  "an error after some time": "send a,turn,fail 14",
  "an error with details": "details",
  "an error with details behind messages": "many 3,details",
  "an error that is long": "long",
  "an error that is long behind a message": "send a,long",
  "an error that is not Connect's": "throw",
  "an error that is not Connect's behind a message": "send a,throw",
  "a header before the first message": "header x-one=1,header x-one=2,send a",
  "a header before an error": "header x-one=1,fail 3",
  "a header that is too late": "send a,turn,header x-late=1,send b",
  "a trailer": "trailer x-one=1,send a,trailer x-two=2,trailer x-two-bin=AAE",
  "a trailer before an error": "send a,trailer x-one=1,fail 10",
  "a trailer that HTTP/2 does not have": "send a,trailer connection=close",
  "a header that HTTP/2 does not have": "header connection=close,send a",
  "a header that Node does not take": "header transfer-encoding=chunked,send a",
  "a header that Node does not take, and no message": "header transfer-encoding=chunked,fail 5",
  "a signal that is watched": "watch,send a,send b",
  "a signal that is watched to an error": "watch,send a,fail 7",
} as const;

/** What handlers of server-streams give, over both versions of HTTP. */
export const streamAnswerCases: readonly Case[] = [
  ...Object.entries(SCRIPTS).flatMap(([name, script]) => streamsIn(DIALECTS, name, { script })),
  ...Object.entries(SCRIPTS).flatMap(([name, script]) =>
    streamsIn(OVER_HTTP1, `over HTTP/1.1: ${name}`, { script, transport: "http1" }),
  ),
  ...["gzip", "br", "gzip, br", "identity", "no"].flatMap((name) =>
    streamsIn(DIALECTS, `accepts ${JSON.stringify(name)}`, (dialect) => ({
      script: `send small,large 1500,send small,large 1900,trailer x-long=${"y".repeat(1_100)}`,
      more: [[dialect.startsWith("connect") ? "connect-accept-encoding" : "grpc-accept-encoding", name]],
    })),
  ),
  ...streamsIn(DIALECTS, "a request that is said to be compressed and is not", (dialect) => ({
    script: "send a",
    more: [[dialect.startsWith("connect") ? "connect-content-encoding" : "grpc-encoding", "gzip"]],
  })),
  ...streamsIn(DIALECTS, "a method of streams that is sent with another content type", (dialect) => ({
    script: "send a",
    fields: [["content-type", "application/proto"]],
    steps: [frameOf(dialect, { text: "hello" }), "end"],
  })),
];
