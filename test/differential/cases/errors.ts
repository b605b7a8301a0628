import type { Case } from "../case.ts";
import { caseOf, DIALECTS, inDialects } from "../wire.ts";

/** Every code there is, and some that are none. */
const CODES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 0, 17, 99, -1];

const MESSAGES = [
  "",
  "plain",
  "100 % \u00e9 \u{1f600}",
  "line\r\nbreak",
  "tab\there",
  "%41",
  "\u0000",
  "x".repeat(3_000),
];

/** How a call can fail. */
export const errorCases: readonly Case[] = [
  ...CODES.flatMap((code) =>
    inDialects(["grpc", "grpc-web", "connect"], `code ${code}`, { does: `fail ${code}` }),
  ),
  ...inDialects(DIALECTS, "a rejection", { does: "fail-later 5" }),
  ...inDialects(DIALECTS, "details and metadata", { does: "fail-details 9" }),
  ...inDialects(DIALECTS, "details and metadata over HTTP/1.1", {
    does: "fail-details 5",
    transport: "http1",
  }),
  ...MESSAGES.flatMap((message) =>
    inDialects(["grpc", "grpc-web", "connect-json"], `message ${JSON.stringify(message.slice(0, 20))}`, {
      does: `fail-text ${Buffer.from(message).toString("base64")}`,
    }),
  ),
  ...inDialects(DIALECTS, "an error that is not Connect's", { does: "throw-error" }),
  ...inDialects(DIALECTS, "a later error that is not Connect's", { does: "throw-later" }),
  ...inDialects(DIALECTS, "an AbortError", { does: "throw-abort" }),
  ...["null", "0", '"text"', '{"code": 5}', "[]", "false"].flatMap((value) =>
    inDialects(["grpc", "connect"], `thrown: ${value}`, { does: `throw-value ${value}` }),
  ),
  ...inDialects(DIALECTS, "an answer that cannot be written", { does: "wrong" }),
  ...inDialects(DIALECTS, "no answer", { does: "nothing" }),
  ...inDialects(DIALECTS, "a behaviour that is not there", { does: "unknown" }),
  ...inDialects(DIALECTS, "an answer made by create", { does: "echo-message" }),
  ...inDialects(DIALECTS, "an answer that takes a while", { does: "echo-later" }),
  ...inDialects(DIALECTS, "a method without a handler", { path: "/test.v1.EchoService/Missing" }),
  caseOf("grpc", "the signal after the call", { does: "watch-signal" }),
  caseOf("grpc-web", "the signal after the call", { does: "watch-signal" }),
  caseOf("connect", "the signal after the call", { does: "watch-signal" }),
];
