import { HOSTILE_CASES, hostileService } from "../../hostile/cases.ts";
import type { HostileCase } from "../../hostile/hostile-case.ts";
import { issuers, revocations } from "../../hostile/issuers.ts";
import { sendHttp1, sendHttp2 } from "../../hostile/send.ts";
import { createEchoAuth, startEchoServers } from "../../support/echo-server.ts";
import type { Bench, BenchOptions, Reading, Row } from "../run/bench.ts";
import { interleave, quantile } from "../run/rounds.ts";

const QUICK_CASES = 10;

/** Slower than this is an attack that worked, in milliseconds. */
const MAX_MS = 500;

/** How long the longest of all hostile tokens keeps a server. */
export const hostileBench: Bench = {
  name: "hostile",
  describe: [
    "every token of the hostile suite, one after the other, each on a connection of its own: from the request to the",
    "end of the refusal",
  ],
  comparisons: [
    { ours: "http1-max", better: "lower", target: MAX_MS },
    { ours: "http2-max", better: "lower", target: MAX_MS },
  ],
  run: runHostile,
};

async function runHostile({ rounds, quick }: BenchOptions): Promise<readonly Row[]> {
  const { auth } = createEchoAuth(hostileService, { issuers, revocations });
  await using servers = await startEchoServers(auth);
  const all = Object.values(HOSTILE_CASES).flat();
  const cases = quick ? all.slice(0, QUICK_CASES) : all;
  const sides = [
    { name: "http1", measure: () => measure("http1", cases, (sent) => sendHttp1(servers.http1Port, sent)) },
    { name: "http2", measure: () => measure("http2", cases, (sent) => sendHttp2(servers.http2Port, sent)) },
  ];
  return await interleave("hostile", sides, rounds);
}

async function measure(
  name: string,
  cases: readonly HostileCase[],
  send: (sent: HostileCase) => Promise<unknown>,
): Promise<readonly Reading[]> {
  const times: number[] = [];
  for (const sent of cases) {
    const startMs = performance.now();
    await send(sent);
    times.push(performance.now() - startMs);
  }
  const sorted = times.toSorted((a, b) => a - b);
  return [
    { side: `${name}-p50`, unit: "ms", value: quantile(sorted, 0.5) },
    { side: `${name}-max`, unit: "ms", value: quantile(sorted, 1) },
  ];
}
