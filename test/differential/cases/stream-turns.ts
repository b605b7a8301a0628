import { own } from "../../hostile/issuers.ts";
import type { Case, HeaderFields } from "../case.ts";
import { frameOf, streamsIn } from "../stream-wire.ts";
import { DIALECTS, type Dialect } from "../wire.ts";

const good: HeaderFields = [["authorization", `Bearer ${own()}`]];
const one = (dialect: Dialect): Buffer => frameOf(dialect, { text: "one" });
const two = (dialect: Dialect): Buffer => frameOf(dialect, { text: "two" });

/** Longer than any token of these tests lives. */
const LATER = { passSeconds: 100_000 } as const;

/** Clients and handlers that wait for each other, leave and end, at every point of a stream. */
export const streamTurnCases: readonly Case[] = [
  ...streamsIn(DIALECTS, "one after the other", (dialect) => ({
    method: "Talk",
    script: "echo",
    steps: [
      one(dialect),
      { untilBytes: one(dialect).length },
      two(dialect),
      { untilBytes: 2 * one(dialect).length },
      "end",
    ],
  })),
  ...streamsIn(DIALECTS, "an answer before a message", (dialect) => ({
    method: "Talk",
    script: "send first,read,send last",
    steps: [{ untilBytes: 1 }, one(dialect), "end"],
  })),
  ...streamsIn(DIALECTS, "a handler that is done before the client is", (dialect) => ({
    method: "Talk",
    script: "read,send a",
    steps: [one(dialect)],
  })),
  ...streamsIn(DIALECTS, "a handler that fails before the client is done", (dialect) => ({
    method: "Talk",
    script: "read,fail 5",
    steps: [one(dialect)],
  })),
  ...streamsIn(DIALECTS, "a handler that reads nothing", (dialect) => ({
    method: "Talk",
    script: "send a",
    steps: [one(dialect), two(dialect)],
  })),
  ...streamsIn(DIALECTS, "a handler that stops reading", (dialect) => ({
    method: "Talk",
    script: "read,leave,read,send a",
    messages: [{ text: "one" }, { text: "two" }],
    isChance: dialect === "grpc",
  })),
  ...streamsIn(DIALECTS, "a handler that reads behind the end", {
    method: "Talk",
    script: "read,read,read,send a",
  }),
  ...streamsIn(DIALECTS, "a thousand messages", (dialect) => ({
    method: "Talk",
    script: "echo",
    messages: Array.from({ length: 1_000 }, (_, index) => ({ text: "one of many", count: BigInt(index) })),
    isChance: dialect === "connect",
  })),
  ...streamsIn(DIALECTS, "a thousand messages", {
    method: "Collect",
    script: "echo",
    messages: Array.from({ length: 1_000 }, (_, index) => ({ text: "one of many", count: BigInt(index) })),
  }),
  ...streamsIn(DIALECTS, "an answer that does not wait for the rest", (dialect) => ({
    method: "Collect",
    script: "read,send early",
    steps: [one(dialect)],
  })),
  ...streamsIn(DIALECTS, "no answer", { method: "Collect", script: "echo,wrong" }),
  ...["Follow", "Talk"].flatMap((method) =>
    streamsIn(DIALECTS, "reset behind the first message of the answer", (dialect) => ({
      method,
      script: "watch,send a,aborted",
      steps: [one(dialect), ...(method === "Follow" ? ["end" as const] : []), { untilBytes: 1 }, "reset"],
    })),
  ),
  ...["Collect", "Talk"].flatMap((method) =>
    streamsIn(DIALECTS, "reset while the handler waits for something else", (dialect) => ({
      method,
      script: "watch,read,aborted",
      steps: [one(dialect), "until handler", "reset"],
      isChance: true,
    })),
  ),
  ...["Follow", "Collect", "Talk"].flatMap((method) => [
    ...streamsIn(DIALECTS, "reset before the body", {
      method,
      script: "send a",
      steps: ["reset"],
      isChance: true,
    }),
    ...streamsIn(DIALECTS, "a connection that is half closed", (dialect) => ({
      method,
      script: "watch,aborted",
      steps: [one(dialect), "end", "until handler", "half-close"],
    })),
    ...streamsIn(DIALECTS, "a server that shuts down", (dialect) => ({
      method,
      setup: "single use",
      script: "aborted,reason",
      steps: [one(dialect), "end", "until handler", "shutdown"],
    })),
  ]),
  ...["FollowPrivate", "CollectPrivate", "TalkPrivate"].flatMap((method) => [
    ...streamsIn(["grpc", "grpc-web", "connect"], "a token that runs out", (dialect) => ({
      method,
      setup: "single use",
      script: "watch,aborted",
      more: good,
      steps: [one(dialect), "end", "until handler", LATER],
    })),
    ...streamsIn(["grpc", "grpc-web", "connect-json"], "interceptors", {
      method,
      setup: "intercepted routes",
      script: "read,send a",
      more: good,
    }),
    ...streamsIn(["grpc", "connect"], "interceptors of the server", {
      method,
      setup: "intercepted",
      script: "read,send a",
      more: good,
    }),
  ]),
  ...streamsIn(["grpc", "grpc-web", "connect"], "a token that runs out while it is read", (dialect) => ({
    method: "TalkPrivate",
    setup: "single use",
    script: "watch,read,send a,read",
    more: good,
    steps: [one(dialect), { untilBytes: 1 }, LATER],
  })),
  ...streamsIn(["grpc", "grpc-web", "connect"], "a token that runs out behind a message", (dialect) => ({
    method: "FollowPrivate",
    setup: "single use",
    script: "watch,send a,aborted,send b",
    more: good,
    steps: [one(dialect), "end", { untilBytes: 1 }, LATER],
  })),
];
