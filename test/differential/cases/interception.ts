import type { Case } from "../case.ts";
import { DIALECTS, inDialects } from "../wire.ts";

const WISHES = [
  "request-header",
  "request-message",
  "context-value",
  "response-header",
  "response-message",
  "response-plain",
  "new-headers",
  "throw-before",
  "reject-before",
  "throw-after",
  "swallow",
  "translate",
  "answer-itself",
  "twice",
  "late",
];

/** Interceptors of a user's that look at everything, and alter what they can. */
export const interceptionCases: readonly Case[] = [
  ...inDialects(DIALECTS, "interceptors that only look", { setup: "intercepted" }),
  ...inDialects(DIALECTS, "interceptors that look at metadata", { setup: "intercepted", does: "headers" }),
  ...inDialects(DIALECTS, "interceptors that look at an error", {
    setup: "intercepted",
    does: "fail-details 5",
  }),
  ...inDialects(["grpc", "connect"], "interceptors and a body that is wrong", {
    setup: "intercepted",
    steps: [Uint8Array.of(255, 255), "end"],
  }),
  ...inDialects(["grpc", "connect-json"], "interceptors over HTTP/1.1", {
    setup: "intercepted",
    transport: "http1",
  }),
  ...["outer", "inner"].flatMap((place) =>
    WISHES.flatMap((wish) =>
      inDialects(["grpc", "grpc-web", "connect"], `the ${place} interceptor: ${wish}`, {
        setup: "intercepted",
        more: [
          ["x-interceptor", `${place} ${wish}`],
          ["x-removed", "by then"],
          ["x-twice", "first"],
        ],
        does: "headers",
      }),
    ),
  ),
  ...["swallow", "translate"].flatMap((wish) =>
    ["outer", "inner"].flatMap((place) =>
      inDialects(DIALECTS, `the ${place} interceptor and an error: ${wish}`, {
        setup: "intercepted",
        more: [["x-interceptor", `${place} ${wish}`]],
        does: "fail-details 6",
      }),
    ),
  ),
];
