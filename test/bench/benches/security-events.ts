import { systemClock } from "../../../server/gate/src/kernel/clock.ts";
import { pause } from "../../../server/gate/src/kernel/timers.ts";
import {
  CAEP,
  type EventTransmitter,
  POLL_AUTHORIZATION,
  startEventTransmitter,
} from "../../support/event-transmitter.ts";
import type { StreamEnding } from "../fixture/note-streams.ts";
import { createTokenMaker, ISSUER, type TokenMaker } from "../fixture/tokens.ts";
import type { Bench, BenchOptions, Reading, Row } from "../run/bench.ts";
import { type Child, startChild } from "../run/child.ts";
import { interleave, quantile } from "../run/rounds.ts";

/** `crowd`: streams of one subject at each server; `singles`: subjects with one stream at each. */
const FULL = { crowd: 5_000, singles: 100 };
const QUICK: typeof FULL = { crowd: 10, singles: 2 };

/** How long after one event of a single the next is sent, in milliseconds. */
const BETWEEN_MS = 20;

const EVENTS_AUDIENCE = "https://bench.example/security-events";

/** How soon the streams end that an event of another provider is about, without an issuer of ours. */
export const securityEventsBench: Bench = {
  name: "security-events",
  describe: [
    `two servers of one's own, each a process with ${FULL.crowd + FULL.singles} streams, and a transmitter of security events that pushes`,
    "to one, and that the other polls. single: from when an event is accepted (push: its answer; poll: it is there to be polled) until the",
    "last byte of the stream of its subject has come to the client. crowd: the same for one event whose subject has all other streams",
  ],
  comparisons: [
    { ours: "push-single-p99", better: "lower", target: 1_000 },
    { ours: "poll-single-p99", better: "lower", target: 1_000 },
  ],
  run: ({ rounds, quick }: BenchOptions): Promise<readonly Row[]> =>
    interleave("security-events", [{ name: "events", measure: () => measure(quick ? QUICK : FULL) }], rounds),
};

async function measure(size: typeof FULL): Promise<readonly Reading[]> {
  const maker = createTokenMaker();
  await using transmitter = await startEventTransmitter(EVENTS_AUDIENCE);
  const common = { audiences: [EVENTS_AUDIENCE], transmitter: transmitter.name };
  await using pushed = startGate();
  await using polled = startGate();
  const keys = maker.publicKeys;
  const pushPort = await pushed.ask<number>("start", { keys, sharedSignals: { ...common, push: {} } });
  const poll = { url: `${transmitter.name}/poll` };
  const headers = { authorization: POLL_AUTHORIZATION };
  const pollPort = await polled.ask<number>("start", { keys, sharedSignals: { ...common, poll, headers } });
  await using pushClient = await openStreams(pushPort, maker, size);
  await using pollClient = await openStreams(pollPort, maker, size);
  const sent = await sendEvents(transmitter, `http://127.0.0.1:${pushPort}/security-events`, size);
  return [
    ...toReadings("push", sent.pushedAtMs, await pushClient.ask("endings")),
    ...toReadings("poll", sent.publishedAtMs, await pollClient.ask("endings")),
  ];
}

function startGate(): Child {
  return startChild(new URL("../events/gate-child.ts", import.meta.url), { core: "server" });
}

const toSubject = (at: number, { singles }: typeof FULL): string => (at < singles ? `single-${at}` : "crowd");

async function openStreams(port: number, maker: TokenMaker, size: typeof FULL): Promise<Child> {
  const client = startChild(new URL("../streams/client-child.ts", import.meta.url), { core: "load" });
  const iat = Math.floor(Date.now() / 1_000) - 1;
  const tokens = Array.from({ length: size.singles + size.crowd }, (_, at) =>
    maker.mint({ claims: { sub: toSubject(at, size), iat } }),
  );
  await client.ask("hold", { port, tokens });
  return client;
}

/** When each event was accepted, in milliseconds since 1970: those of the singles in their order, then that of the crowd. */
interface Sent {
  readonly pushedAtMs: readonly number[];
  readonly publishedAtMs: readonly number[];
}

async function sendEvents(transmitter: EventTransmitter, url: string, size: typeof FULL): Promise<Sent> {
  const pushedAtMs: number[] = [];
  const publishedAtMs: number[] = [];
  for (let at = 0; at <= size.singles; at += 1) {
    const subject = { format: "iss_sub", iss: ISSUER, sub: toSubject(at, size) };
    const type = `${CAEP}session-revoked`;
    const token = transmitter.sign({ type, subject });
    const { status } = await transmitter.push(url, token);
    if (status !== 202) {
      throw new Error(`an event was answered with status ${status}`);
    }
    pushedAtMs.push(Date.now());
    transmitter.publish(token);
    publishedAtMs.push(Date.now());
    await pause(systemClock, BETWEEN_MS);
  }
  return { pushedAtMs, publishedAtMs };
}

function toReadings(
  how: "poll" | "push",
  acceptedAtMs: readonly number[],
  endings: readonly StreamEnding[],
): readonly Reading[] {
  const crowdAt = acceptedAtMs.length - 1;
  const late = endings.map(({ atMs }, at) =>
    Math.max(atMs - (acceptedAtMs[Math.min(at, crowdAt)] ?? 0), 0.001),
  );
  const toReading = (what: string, some: readonly number[]): Reading => ({
    side: `${how}-${what}-p99`,
    unit: "ms",
    value: quantile(
      [...some].sort((a, b) => a - b),
      0.99,
    ),
  });
  return [toReading("single", late.slice(0, crowdAt)), toReading("crowd", late.slice(crowdAt))];
}
