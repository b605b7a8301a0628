import type { StreamEnding } from "../fixture/note-streams.ts";
import { createTokenMaker, type TokenMaker } from "../fixture/tokens.ts";
import type { Reading } from "../run/bench.ts";
import { type Child, startChild } from "../run/child.ts";
import { quantile } from "../run/rounds.ts";
import type { Stalls } from "../run/stalls.ts";

/** A crowd of streams that end together. */
export interface Crowd {
  readonly streams: number;
  /** Over how long their tokens run out, in milliseconds. */
  readonly spreadMs: number;
  /** How many streams end before, in the same way: the server has then compiled what ends one. */
  readonly warmUp: number;
  /** Options of Node for the server. */
  readonly nodeOptions?: readonly string[];
}

/** How much longer the tokens last than opening all streams took, going by those before. */
const PATIENCE = [2, 6] as const;
const WARM_UP_MS = 6_000;
const MARGIN_MS = 2_000;
const UNAUTHENTICATED = 16;

/**
 * Measure how late the streams of a crowd end: at their deadlines, and then another crowd that is revoked at once. Nothing
 * collects garbage but the server itself.
 */
export async function measureCrowd(crowd: Crowd): Promise<readonly Reading[]> {
  const maker = createTokenMaker();
  await using server = startChild(new URL("./server-child.ts", import.meta.url), {
    core: "server",
    nodeOptions: crowd.nodeOptions ?? [],
  });
  await using client = startChild(new URL("./client-child.ts", import.meta.url), { core: "load" });
  const port = await server.ask<number>("start", { name: "countersign", keys: maker.publicKeys });
  const stage = { server, client, port, maker };
  const warmUp = await holdUntil(stage, { firstEndMs: WARM_UP_MS, spreadMs: 0, streams: crowd.warmUp });
  if (warmUp === undefined) {
    throw tooSlow(crowd.warmUp, WARM_UP_MS);
  }
  await endingsOf(stage);
  await server.ask("takeLateness");
  const openMs = (warmUp.openedMs / crowd.warmUp) * crowd.streams;
  return [...(await measureExpiry(stage, crowd, openMs)), ...(await measureRevocation(stage, crowd))];
}

interface Stage {
  readonly server: Child;
  readonly client: Child;
  readonly port: number;
  readonly maker: TokenMaker;
}

interface Held {
  /** When each token runs out, in milliseconds since 1970, in the order of the streams. */
  readonly deadlines: readonly number[];
  readonly openedMs: number;
}

interface Lives extends Pick<Crowd, "streams" | "spreadMs"> {
  /** When the first token runs out, in milliseconds from now. */
  readonly firstEndMs: number;
}

/** @returns undefined when the first token ran out before all streams were open */
async function holdUntil(
  { client, port, maker }: Stage,
  { streams, firstEndMs, spreadMs }: Lives,
): Promise<Held | undefined> {
  const startMs = Date.now();
  const deadlines = Array.from(
    { length: streams },
    (_, index) => startMs + firstEndMs + (spreadMs * index) / streams,
  );
  const isTooLate = (): boolean => Date.now() > startMs + firstEndMs;
  const tokens = deadlines.map((atMs) => maker.mint({ claims: { exp: atMs / 1000 } }));
  try {
    await client.ask("hold", { port, tokens });
  } catch (error) {
    if (!isTooLate()) {
      throw error;
    }
  }
  return isTooLate() ? undefined : { deadlines, openedMs: Date.now() - startMs };
}

function tooSlow(streams: number, lastMs: number): Error {
  return new Error(
    `opening ${streams} streams took longer than the ${(lastMs / 1000).toFixed(1)} s that their first token lasted: ` +
      "the machine is too slow for this bench, or too busy",
  );
}

/** Wait until all streams have ended. @returns when, for each */
async function endingsOf({ client }: Stage): Promise<readonly StreamEnding[]> {
  const endings = await client.ask<readonly StreamEnding[]>("endings");
  const other = endings.find(({ status }) => status !== UNAUTHENTICATED);
  if (other !== undefined) {
    throw new Error(`a stream ended with gRPC status ${other.status} instead of ${UNAUTHENTICATED}`);
  }
  await client.ask("letGo");
  return endings;
}

async function measureExpiry(stage: Stage, crowd: Crowd, openMs: number): Promise<readonly Reading[]> {
  const { server, client } = stage;
  for (const patience of PATIENCE) {
    const held = await holdUntil(stage, { ...crowd, firstEndMs: patience * openMs + MARGIN_MS });
    if (held !== undefined) {
      await server.ask("watchStalls");
      const before = await server.ask<number>("cpuMicroseconds");
      const endings = await endingsOf(stage);
      const cpu = (await server.ask<number>("cpuMicroseconds")) - before;
      const stalls = await server.ask<Stalls>("takeStalls");
      const here = await server.ask<{ p50: number; p99: number; max: number }>("takeLateness");
      return [
        ...(["p50", "p99", "max"] as const).map((figure) => ms(`late-${figure}`, here[figure])),
        ...toClientReadings(
          "client-late",
          endings.map(({ atMs }, index) => atMs - (held.deadlines[index] ?? 0)),
        ),
        ...toStallReadings("late", stalls),
        { side: "countersign-late-cpu", unit: "µs/stream", value: cpu / crowd.streams },
      ];
    }
    await client.ask("letGo");
    await server.ask("takeLateness");
  }
  throw tooSlow(crowd.streams, Math.max(...PATIENCE) * openMs + MARGIN_MS);
}

const HOUR_MS = 3_600_000;

async function measureRevocation(stage: Stage, { streams }: Crowd): Promise<readonly Reading[]> {
  const { server } = stage;
  await holdUntil(stage, { streams, spreadMs: 0, firstEndMs: HOUR_MS });
  await server.ask("watchStalls");
  const { atMs, tookMs } = await server.ask<{ atMs: number; tookMs: number }>("revokeAll");
  const endings = await endingsOf(stage);
  const stalls = await server.ask<Stalls>("takeStalls");
  return [
    ms("revoke", tookMs),
    ...toClientReadings(
      "client-revoked",
      endings.map((ending) => ending.atMs - atMs),
    ),
    ...toStallReadings("revoked", stalls),
  ];
}

function toClientReadings(figure: string, lateness: readonly number[]): readonly Reading[] {
  const sorted = [...lateness].sort((a, b) => a - b);
  return [
    ms(`${figure}-p50`, quantile(sorted, 0.5)),
    ms(`${figure}-p99`, quantile(sorted, 0.99)),
    ms(`${figure}-max`, quantile(sorted, 1)),
  ];
}

function toStallReadings(figure: string, { gapMaxMs, gcMaxMs, gcTotalMs }: Stalls): readonly Reading[] {
  return [
    ms(`${figure}-gap-max`, gapMaxMs),
    ms(`${figure}-gc-max`, gcMaxMs),
    ms(`${figure}-gc-total`, gcTotalMs),
  ];
}

function ms(side: string, value: number): Reading {
  return { side: `countersign-${side}`, unit: "ms", value: Math.max(value, 0.001) };
}
