import { setTimeout as pause } from "node:timers/promises";
import { ConnectError } from "@connectrpc/connect";
import { resumable } from "@countersign/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openNoteDatabase } from "../../server/demo/src/notes/open-notes.ts";
import { type BalancedCluster, PROXIES, startBalancedCluster } from "../support/balanced-cluster.ts";
import { eventually } from "../support/eventually.ts";
import { type Collected, collect, type Notes, signInSession } from "../support/stream-runs.ts";

/** How many servers are killed. A full run kills 10. */
const KILLS = Number(process.env.STREAM_KILLS ?? 3);

/** How many notes come on every stream between two kills. */
const BETWEEN_KILLS = 10;
const MS_PER_KILL = 60_000;

for (const [name, startProxy] of Object.entries(PROXIES)) {
  // Each has a cluster of its own, and waits for notes that come ten a second.
  describe.concurrent(`behind a proxy that ${name}`, { timeout: KILLS * MS_PER_KILL + 300_000 }, () => {
    let balanced: BalancedCluster;
    beforeAll(async () => {
      balanced = await startBalancedCluster(startProxy);
    });
    afterAll(() => balanced?.[Symbol.asyncDispose]());

    test(`resumable misses nothing and repeats nothing while ${KILLS} servers are killed and replaced`, async () => {
      const { cluster, proxy } = balanced;
      await using client = await signInSession(proxy.baseUrl);
      const interruptions: string[] = [];
      const follow = (notes: Notes) =>
        resumable(notes.watchNotes, {
          request: { afterSequence: 0n },
          resume: (last) => ({ afterSequence: last.sequence }),
          onInterruption: ({ error }) => interruptions.push(error.message),
        });
      const streams = [follow(client.grpc), follow(client.grpc), follow(client.web), follow(client.web)];
      const followed = streams.map(collect);
      const stop = new AbortController();
      const writing = writeThroughout(client.grpc, stop.signal);
      const untilAllGoOn = async (): Promise<void> => {
        const before = followed.map(({ seen }) => seen.length);
        const goesOn = ({ seen }: Collected, at: number) => seen.length >= (before[at] ?? 0) + BETWEEN_KILLS;
        await eventually(() => followed.every(goesOn) || undefined);
      };
      for (let kill = 0; kill < KILLS; kill += 1) {
        await untilAllGoOn();
        await cluster.replace(kill);
      }
      await untilAllGoOn();
      stop.abort();
      await writing;

      const written = await sequencesOf(cluster.databaseUrl);
      for (const { seen } of followed) {
        await eventually(() => seen.length >= written.length || undefined);
      }
      await Promise.all(streams.map(async (stream) => await stream.return?.()));
      await Promise.all(followed.map(({ ended }) => ended));
      for (const { seen } of followed) {
        expect(seen).toEqual(written);
      }
      // Each server had a stream, or was on the way to one: a run that nothing interrupts proves nothing.
      expect(interruptions.length).toBeGreaterThan(0);
    });
  });
}

/** Write a note every 100 ms, whatever happens to the servers. One whose answer was lost may be written after all. */
async function writeThroughout(notes: Notes, signal: AbortSignal): Promise<void> {
  for (; !signal.aborted; await pause(100)) {
    await notes.createNote({ title: "tick" }).catch((error: unknown) => ConnectError.from(error));
  }
}

/** All that was ever written, as the database has it. */
async function sequencesOf(url: string): Promise<readonly bigint[]> {
  await using notes = await openNoteDatabase({ postgres: url });
  const rows = await notes.read(notes.db.selectFrom("note_events").select("sequence").orderBy("sequence"));
  return rows.map(({ sequence }) => BigInt(sequence));
}
