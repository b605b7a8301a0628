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
export const interceptionCases: readonly Case[] = (["intercepted", "intercepted routes"] as const).flatMap(
  (setup) => [
    ...inDialects(DIALECTS, `${setup}: interceptors that only look`, { setup }),
    ...inDialects(DIALECTS, `${setup}: interceptors that look at metadata`, { setup, does: "headers" }),
    ...inDialects(DIALECTS, `${setup}: interceptors that look at an error`, {
      setup,
      does: "fail-details 5",
    }),
    ...inDialects(["grpc", "connect"], `${setup}: interceptors and a body that is wrong`, {
      setup,
      steps: [Uint8Array.of(255, 255), "end"],
    }),
    ...inDialects(["grpc", "connect-json"], `${setup}: interceptors over HTTP/1.1`, {
      setup,
      transport: "http1",
    }),
    ...["outer", "inner"].flatMap((place) =>
      WISHES.flatMap((wish) =>
        inDialects(["grpc", "grpc-web", "connect"], `${setup}: the ${place} interceptor: ${wish}`, {
          setup,
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
        inDialects(DIALECTS, `${setup}: the ${place} interceptor and an error: ${wish}`, {
          setup,
          more: [["x-interceptor", `${place} ${wish}`]],
          does: "fail-details 6",
        }),
      ),
    ),
  ],
);
