import type { Case } from "../case.ts";
import { bodyOf, DIALECTS, type Dialect, inDialects, isConnect } from "../wire.ts";

const hello = (dialect: Dialect): Uint8Array => bodyOf(dialect, { text: "hello" });

// Whether a handler is called before a reset arrives is chance. A reset with NO_ERROR may pass for the end of the body
// with Connect's own handler, for which nothing else marks the end of a unary message; the fast path never calls a
// handler with half of one.

/** Callers who leave, at every point of a call, and callers who are never done. */
export const resetCases: readonly Case[] = [
  ...inDialects(DIALECTS, "reset right behind the header", { steps: ["reset"], isChance: true }),
  ...inDialects(DIALECTS, "reset in the middle of the body", (dialect) => ({
    steps: [hello(dialect).subarray(0, 3), "reset"],
  })),
  ...inDialects(DIALECTS, "reset quietly in the middle of the body", (dialect) => ({
    steps: [hello(dialect).subarray(0, 6), "reset quietly"],
    isChance: isConnect(dialect),
  })),
  ...inDialects(DIALECTS, "reset quietly before the body", (dialect) => ({
    steps: ["reset quietly"],
    isChance: isConnect(dialect),
  })),
  ...inDialects(DIALECTS, "reset quietly when the gate lets it in later", (dialect) => ({
    setup: "intercepted",
    steps: [hello(dialect).subarray(0, 6), "until gate", "reset quietly"],
  })),
  ...inDialects(DIALECTS, "reset behind the body, before its end", (dialect) => ({
    steps: [hello(dialect), "reset"],
    isChance: true,
  })),
  ...inDialects(DIALECTS, "reset behind the end of the body", (dialect) => ({
    steps: [hello(dialect), "end", "reset"],
    isChance: true,
  })),
  ...inDialects(DIALECTS, "reset while the handler runs", (dialect) => ({
    does: "until-aborted",
    steps: [hello(dialect), "end", "until handler", "reset"],
  })),
  ...inDialects(DIALECTS, "reset while the handler runs, which answers nevertheless", (dialect) => ({
    does: "until-aborted-then-answer",
    steps: [hello(dialect), "end", "until handler", "reset"],
  })),
  ...inDialects(["grpc", "connect"], "reset while interceptors wait for the handler", (dialect) => ({
    setup: "intercepted",
    does: "until-aborted",
    steps: [hello(dialect), "end", "until handler", "reset"],
  })),
  ...inDialects(["grpc", "connect"], "reset while the gate decides", (dialect) => ({
    setup: "own gate",
    more: [["x-gate", "until-aborted"]],
    steps: [hello(dialect), "end", "until gate", "reset"],
  })),
  ...inDialects(["grpc", "connect"], "reset while the gate decides, without a body", {
    setup: "own gate",
    more: [["x-gate", "until-aborted"]],
    steps: ["until gate", "reset"],
  }),
  ...inDialects(DIALECTS, "over HTTP/1.1: gone while the handler runs", (dialect) => ({
    transport: "http1",
    does: "until-aborted",
    steps: [hello(dialect), "until handler", "reset"],
  })),
  ...inDialects(["connect-json", "grpc-web"], "over HTTP/1.1: gone in the middle of the body", (dialect) => ({
    transport: "http1",
    more: [["content-length", "20"]],
    steps: [hello(dialect).subarray(0, 3), "reset"],
    isChance: true,
  })),
  ...inDialects(["connect-json", "grpc-web"], "over HTTP/1.1: half closed behind the body", (dialect) => ({
    transport: "http1",
    steps: [hello(dialect), "half-close"],
  })),
  ...inDialects(
    ["connect-json", "grpc-web"],
    "over HTTP/1.1: half closed in the middle of the body",
    (dialect) => ({
      transport: "http1",
      more: [["content-length", "200"]],
      steps: [hello(dialect), "half-close"],
    }),
  ),
  ...inDialects(DIALECTS, "a connection that is half closed while the handler runs", (dialect) => ({
    does: "until-aborted",
    steps: [hello(dialect), "end", "until handler", "half-close"],
  })),
  ...inDialects(DIALECTS, "a body that never ends", (dialect) => ({
    setup: "impatient",
    steps: [hello(dialect)],
  })),
  ...inDialects(DIALECTS, "a body that never begins", { setup: "impatient", steps: [] }),
  ...inDialects(DIALECTS, "a server that shuts down while the handler runs", (dialect) => ({
    setup: "single use",
    does: "until-aborted",
    steps: [hello(dialect), "end", "until handler", "shutdown"],
  })),
  ...inDialects(["grpc", "connect"], "a server that has shut down", (dialect) => ({
    setup: "single use",
    does: "until-aborted",
    steps: ["shutdown", hello(dialect), "end"],
  })),
];
