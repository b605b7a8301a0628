import { SessionService, type TokenSet } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { decodeProtectedHeader } from "jose";
import { runCommand } from "../../../server/cli/src/run-command.ts";
import { recordingTerminal } from "../../cli/recording-terminal.ts";
import { type Cluster, startCluster } from "../../support/cluster.ts";
import { startNotesWorkers } from "../../support/notes-workers.ts";
import { clientOf, signIn } from "../../support/rpc.ts";
import type { ServerProcess } from "../../support/server-process.ts";
import type { Bench, BenchOptions, Reading, Row } from "../run/bench.ts";
import { interleave, quantile } from "../run/rounds.ts";

const SESSIONS = 40;
const WORKERS = 3;
const QUICK_SESSIONS = 2;

/** How long a revoked session's streams go on, on the server that was told and on another. */
export const revocationBench: Bench = {
  name: "revocation",
  describe: [
    "two servers on one Postgres, each a process; a stream of one session is open at either, and the session is ended",
    "at the first: from the request until each stream has ended at the client, commit and network included.",
    "session-revoke, key-compromise: the same two servers; from when an operator's command begins, in a process that runs,",
    "until the streams at both have ended.",
    `workers: the same for ${WORKERS} workers of one server on SQLite, until the last of ${WORKERS} streams, one at each, has ended`,
  ],
  comparisons: [
    { ours: "same-server-p99", better: "lower", target: 100 },
    { ours: "other-server-p99", better: "lower", target: 1_000 },
    { ours: "session-revoke-p99", better: "lower", target: 1_000 },
    { ours: "key-compromise-p99", better: "lower", target: 1_000 },
    { ours: "workers-p99", better: "lower", target: 1_000 },
  ],
  run: runRevocation,
};

async function runRevocation({ rounds, quick }: BenchOptions): Promise<readonly Row[]> {
  await using cluster = await startCluster([{}, {}]);
  await using server = await startNotesWorkers(WORKERS);
  const count = quick ? QUICK_SESSIONS : SESSIONS;
  const sides = [
    { name: "servers", measure: () => measureServers(cluster, count) },
    { name: "commands", measure: () => measureCommands(cluster, count) },
    { name: "workers", measure: () => measureWorkers(server, count) },
  ];
  for (const side of quick ? [] : sides) {
    await side.measure(); // warms the servers up
  }
  return await interleave("revocation", sides, rounds);
}

async function measureServers(cluster: Cluster, count: number): Promise<readonly Reading[]> {
  const [here, there] = [cluster.at(0).baseUrl, cluster.at(1).baseUrl];
  const [same, other]: [number[], number[]] = [[], []];
  for (let session = 0; session < count; session += 1) {
    const [first = Number.NaN, second = Number.NaN] = await endSession([here, there]);
    same.push(first);
    other.push(second);
  }
  return [...toReadings("same-server", same), ...toReadings("other-server", other)];
}

/** What an operator ends streams with. */
const COMMANDS: Readonly<Record<string, (tokens: TokenSet) => readonly string[]>> = {
  "session-revoke": ({ sessionId }) => ["session", "revoke", sessionId],
  "key-compromise": ({ accessToken }) => ["key", "compromise", decodeProtectedHeader(accessToken).kid ?? ""],
};

async function measureCommands(cluster: Cluster, count: number): Promise<readonly Reading[]> {
  const urls = [cluster.at(0).baseUrl, cluster.at(1).baseUrl];
  const readings: Reading[] = [];
  for (const [name, toArguments] of Object.entries(COMMANDS)) {
    const last: number[] = [];
    for (let session = 0; session < count; session += 1) {
      const ends = await endSession(urls, async (tokens) => {
        const terminal = recordingTerminal({ env: cluster.env });
        const code = await runCommand(toArguments(tokens), terminal);
        if (code !== 0) {
          throw new Error(`the command failed: ${terminal.warned.join(" ")}`);
        }
      });
      last.push(Math.max(...ends));
    }
    readings.push(...toReadings(name, last));
  }
  return readings;
}

async function measureWorkers({ baseUrl }: ServerProcess, count: number): Promise<readonly Reading[]> {
  const last: number[] = [];
  // Connections go to the workers in turn, and each stream has one of its own.
  const urls = Array.from({ length: WORKERS }, () => baseUrl);
  for (let session = 0; session < count; session += 1) {
    last.push(Math.max(...(await endSession(urls))));
  }
  return toReadings("workers", last);
}

function toReadings(name: string, values: readonly number[]): readonly Reading[] {
  const sorted = values.toSorted((a, b) => a - b);
  return [
    { side: `${name}-p50`, unit: "ms", value: quantile(sorted, 0.5) },
    { side: `${name}-p99`, unit: "ms", value: quantile(sorted, 0.99) },
  ];
}

/**
 * Open a stream of one session at each address, and end it.
 *
 * @param end Default: sign out at the first address
 * @returns how long each went on
 */
async function endSession(
  urls: readonly string[],
  end = async ({ accessToken: token }: TokenSet): Promise<void> => {
    await clientOf(SessionService, { baseUrl: urls[0] ?? "", token }).signOut({});
  },
): Promise<readonly number[]> {
  const tokens = await signIn(urls[0] ?? "");
  const ends = await Promise.all(urls.map((url) => openStream(url, tokens.accessToken)));
  const startMs = performance.now();
  await end(tokens);
  return (await Promise.all(ends.map(({ ended }) => ended))).map((endMs) => endMs - startMs);
}

/** Open a stream and wait until it runs; `ended` resolves to when it ended. */
async function openStream(baseUrl: string, token: string) {
  const notes = clientOf(NotesService, { baseUrl, protocol: "grpc", token });
  const { sequence } = await notes.createNote({ title: "bench" });
  const events = notes.watchNotes({ afterSequence: sequence - 1n })[Symbol.asyncIterator]();
  await events.next();
  const untilEnd = async (): Promise<number> => {
    try {
      while ((await events.next()).done !== true) {}
    } catch {
      // ended with SESSION_REVOKED, as it should
    }
    return performance.now();
  };
  return { ended: untilEnd() };
}
