import { once } from "node:events";
import { type ClientHttp2Session, connect } from "node:http2";
import { Code } from "@connectrpc/connect";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { startCluster } from "../../support/cluster.ts";
import { clientOf, signIn } from "../../support/rpc.ts";
import { runCountersign } from "../../support/server-process.ts";
import { endOf, frameOf, openStream, type StreamEnding } from "../fixture/note-streams.ts";
import type { Reading } from "../run/bench.ts";
import { type Child, startChild } from "../run/child.ts";
import { quantile } from "../run/rounds.ts";
import type { EndGate } from "./end-gate-child.ts";
import { fetchToken } from "./fetch-token.ts";

/** How large a fleet is, and how many of its sessions are ended. */
export interface EndsSize {
  /** Servers that issue tokens. */
  readonly hubs: number;
  /** Servers of one's own. */
  readonly gates: number;
  /** Simulated servers beside them that watch, in two processes. */
  readonly watchers: number;
  readonly sessions: number;
}

const ISSUER = "https://issuer.test";
const AUDIENCE = "countersign-demo";
const CLIENT_ID = "fleet";
const WATCHING_PROCESSES = 2;

/**
 * Measure how long streams go on behind the revocation of their session, at every server of a fleet.
 *
 * @throws Error when one of them ends in another way
 */
export async function measureEnds({
  hubs,
  gates,
  watchers,
  sessions,
}: EndsSize): Promise<readonly Reading[]> {
  await using cluster = await startCluster(Array.from({ length: hubs }, () => ({})));
  const hubUrls = cluster.servers.map(({ baseUrl }) => baseUrl);
  const { stdout } = await runCountersign(
    ["client", "add", CLIENT_ID, "--create", "--signals", "--json"],
    cluster.env,
  );
  const { secret } = JSON.parse(stdout) as { readonly secret: string };
  await using stack = new AsyncDisposableStack();
  const gateUrls = await Promise.all(
    Array.from({ length: gates }, (_, at) => {
      const own = [...hubUrls.slice(at % hubs), ...hubUrls.slice(0, at % hubs)];
      const child = stack.use(
        startChild(new URL("./end-gate-child.ts", import.meta.url), { core: "server" }),
      );
      return startGate(child, { issuer: ISSUER, hubs: own, audience: AUDIENCE, clientId: CLIENT_ID, secret });
    }),
  );
  const token = await fetchToken(hubUrls[0] ?? "", { clientId: CLIENT_ID, secret });
  const watching = Array.from({ length: WATCHING_PROCESSES }, () =>
    stack.use(startChild(new URL("./watcher-child.ts", import.meta.url), { core: "load" })),
  );
  const count = Math.ceil(watchers / WATCHING_PROCESSES / hubs);
  for (const url of hubUrls) {
    await Promise.all(watching.map((child) => child.ask("watch", { port: portOf(url), token, count })));
  }
  const delaysMs: number[] = [];
  for (let session = 0; session < sessions; session += 1) {
    delaysMs.push(...(await endSession([...hubUrls, ...gateUrls])));
  }
  await Promise.all(watching.map((child) => child.ask("untilReceived", sessions)));
  return [
    {
      side: "end-p99",
      unit: "ms",
      value: quantile(
        delaysMs.toSorted((a, b) => a - b),
        0.99,
      ),
    },
  ];
}

async function startGate(child: Child, gate: EndGate): Promise<string> {
  return `http://127.0.0.1:${await child.ask<number>("start", gate)}`;
}

/** Open a stream of one session at each server, and sign out at the first. @returns how long each went on, in milliseconds */
async function endSession(urls: readonly string[]): Promise<readonly number[]> {
  const [first = ""] = urls;
  const { accessToken: token } = await signIn(first);
  const connections = urls.map((url) => connect(url));
  try {
    const endings = await Promise.all(connections.map((connection) => open(connection, token)));
    const startMs = Date.now();
    await clientOf(SessionService, { baseUrl: first, token }).signOut({});
    return await Promise.all(endings.map(async ({ ending }) => toDelayMs(await ending, startMs)));
  } finally {
    for (const connection of connections) {
      connection.destroy();
    }
  }
}

async function open(connection: ClientHttp2Session, token: string) {
  const stream = openStream(connection, "watchNotes", token);
  const ending = endOf(stream);
  stream.resume().end(frameOf(NotesService.method.watchNotes.input, {}));
  await once(stream, "response");
  return { ending };
}

function toDelayMs({ atMs, status }: StreamEnding, startMs: number): number {
  if (status !== Code.Unauthenticated) {
    throw new Error(`a stream of a revoked session ended with gRPC status ${status}`);
  }
  return Math.max(atMs - startMs, 0.001);
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}
