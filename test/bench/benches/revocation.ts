import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { type Cluster, startCluster } from "../../support/cluster.ts";
import { clientOf, signIn } from "../../support/rpc.ts";
import type { Bench, BenchOptions, Reading, Row } from "../run/bench.ts";
import { interleave, quantile } from "../run/rounds.ts";

const SESSIONS = 40;
const QUICK_SESSIONS = 2;

/** How long a revoked session's streams go on, on the server that was told and on another. */
export const revocationBench: Bench = {
  name: "revocation",
  describe: [
    "two servers on one Postgres, each a process; a stream of one session is open at either, and the session is ended",
    "at the first: from the request until each stream has ended at the client, commit and network included",
  ],
  comparisons: [
    { ours: "same-server-p99", better: "lower", target: 100 },
    { ours: "other-server-p99", better: "lower", target: 1_000 },
  ],
  run: runRevocation,
};

async function runRevocation({ rounds, quick }: BenchOptions): Promise<readonly Row[]> {
  await using cluster = await startCluster([{}, {}]);
  const count = quick ? QUICK_SESSIONS : SESSIONS;
  const side = { name: "revocation", measure: () => measure(cluster, count) };
  if (!quick) await side.measure(); // warms the servers up
  return await interleave("revocation", [side], rounds);
}

async function measure(cluster: Cluster, count: number): Promise<readonly Reading[]> {
  const times: Record<"same-server" | "other-server", number[]> = { "same-server": [], "other-server": [] };
  for (let session = 0; session < count; session += 1) {
    const { same, other } = await endSession(cluster);
    times["same-server"].push(same);
    times["other-server"].push(other);
  }
  return Object.entries(times).flatMap(([name, values]) => {
    const sorted = values.toSorted((a, b) => a - b);
    return [
      { side: `${name}-p50`, unit: "ms", value: quantile(sorted, 0.5) },
      { side: `${name}-p99`, unit: "ms", value: quantile(sorted, 0.99) },
    ];
  });
}

async function endSession(cluster: Cluster): Promise<{ readonly same: number; readonly other: number }> {
  const [here, there] = [cluster.at(0).baseUrl, cluster.at(1).baseUrl];
  const { accessToken: token } = await signIn(here);
  const ends = await Promise.all([openStream(here, token), openStream(there, token)]);
  const startMs = performance.now();
  await clientOf(SessionService, { baseUrl: here, token }).signOut({});
  const [same, other] = await Promise.all(ends.map(({ ended }) => ended));
  return { same: (same ?? Number.NaN) - startMs, other: (other ?? Number.NaN) - startMs };
}

/** Open a stream and wait until it runs; `ended` resolves to when it ended. */
async function openStream(baseUrl: string, token: string) {
  const notes = clientOf(NotesService, { baseUrl, protocol: "grpc", token });
  const { sequence } = await notes.createNote({ title: "bench" });
  const events = notes.watchNotes({ afterSequence: sequence - 1n })[Symbol.asyncIterator]();
  await events.next();
  const untilEnd = async (): Promise<number> => {
    try {
      while ((await events.next()).done !== true);
    } catch {
      // ended with SESSION_REVOKED, as it should
    }
    return performance.now();
  };
  return { ended: untilEnd() };
}
