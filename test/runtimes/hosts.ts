import type { Ability } from "../compat/cases.ts";
import { startNext } from "./next-app.ts";
import { type RuntimeName, type StartHost, startOn, startWorkerd } from "./runtimes.ts";

/** One way to serve, on one runtime. */
export interface Host {
  /** The runtime, as `docs/compatibility.md` calls it. */
  readonly runtime: RuntimeName | "workerd";
  /** What serves there. */
  readonly serves: string;
  /** What it can do, by the version of HTTP that it speaks. */
  readonly speaks: Readonly<Partial<Record<"1.1" | "2", readonly Ability[]>>>;
  readonly start: StartHost;
  /** Whether a handler is told that its client has left a stream on which nothing is sent. Default true. */
  readonly seesLeaving?: boolean;
}

const HTTP1: Host["speaks"] = { "1.1": ["HTTP", "early answers"] };
const BOTH: Host["speaks"] = { ...HTTP1, "2": ["HTTP", "early answers", "both directions", "gRPC"] };

const FETCH = { serves: "createFetchHandler", speaks: HTTP1 } as const;
const LISTEN = { serves: "listen", speaks: BOTH } as const;

/** Every runtime, and what serves there. */
export const HOSTS: readonly Host[] = [
  { runtime: "Node 26", ...FETCH, start: startOn("Node 26", "on-node.ts") },
  { runtime: "Node 26", ...LISTEN, start: startOn("Node 26", "on-listen.ts") },
  { runtime: "Node 24", ...FETCH, start: startOn("Node 24", "on-node.ts") },
  { runtime: "Node 24", ...LISTEN, start: startOn("Node 24", "on-listen.ts") },
  { runtime: "Bun", ...FETCH, start: startOn("Bun", "on-bun.ts") },
  {
    ...{ runtime: "Deno", ...FETCH, start: startOn("Deno", "on-deno.ts") },
    speaks: { ...HTTP1, "2": ["HTTP", "early answers", "both directions"] },
  },
  {
    ...{ runtime: "Deno", ...LISTEN, start: startOn("Deno", "on-listen.ts") },
    // When a body does not come, Deno may reset a stream of HTTP/2 before its client has the answer.
    speaks: { ...HTTP1, "2": ["HTTP", "both directions", "gRPC"] },
  },
  { runtime: "workerd", ...FETCH, start: startWorkerd("worker.ts"), seesLeaving: false },
];

/** Frameworks on Node, with what a user of each puts our gate into it. */
export const FRAMEWORKS: readonly Host[] = [
  { ...FETCH, serves: "Hono", runtime: "Node 26", start: startOn("Node 26", "on-hono.ts") },
  { ...FETCH, serves: "Express", runtime: "Node 26", start: startOn("Node 26", "on-express.ts") },
  { ...FETCH, serves: "Fastify", runtime: "Node 26", start: startOn("Node 26", "on-fastify.ts") },
  { ...FETCH, serves: "Next, app router", runtime: "Node 26", start: startNext("/rpc") },
  { ...FETCH, serves: "Next, pages router", runtime: "Node 26", start: startNext("/api") },
  { ...FETCH, serves: "NestJS", runtime: "Node 26", start: startOn("Node 26", "on-nest.ts") },
];
