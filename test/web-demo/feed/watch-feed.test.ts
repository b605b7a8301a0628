import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "@countersign/gen/google/rpc/error_details_pb.js";
import { expect, test } from "vitest";
import type { FeedPorts, Sequenced } from "../../../web-demo/src/feed/watch-feed.ts";
import { watchFeed } from "../../../web-demo/src/feed/watch-feed.ts";

const withReason = (reason: string) =>
  new ConnectError("m", Code.Unauthenticated, undefined, [
    { desc: ErrorInfoSchema, value: { reason, domain: "countersign" } },
  ]);
const EXPIRED = withReason("STREAM_EXPIRED");
const REVOKED = withReason("SESSION_REVOKED");
const LOST = new ConnectError("gone", Code.Unavailable);

/** What one opened stream does: its events, then how it ends; without an end it goes on until it is stopped. */
interface Script {
  readonly events?: readonly number[];
  readonly end?: ConnectError | "end";
  /** Whether it stays silent for long enough to count as open. */
  readonly settles?: boolean;
}

/** Run a feed over scripted streams; it is stopped when the script is at its end. */
async function run(scripts: readonly Script[]) {
  const stop = new AbortController();
  const opened: bigint[] = [];
  const heard: string[] = [];
  const pauses: number[] = [];
  let settleNow = Promise.withResolvers<void>();

  async function* stream(script: Script | undefined): AsyncGenerator<Sequenced> {
    if (script === undefined) return stop.abort();
    if (script.settles === true) settleNow.resolve();
    await Promise.resolve();
    await Promise.resolve();
    for (const sequence of script.events ?? []) yield { sequence: BigInt(sequence) };
    if (script.end instanceof ConnectError) throw script.end;
    if (script.end === undefined) stop.abort();
  }
  const ports: FeedPorts<Sequenced> = {
    open: (after) => {
      opened.push(after);
      return stream(scripts[opened.length - 1]);
    },
    wait: () => {
      settleNow = Promise.withResolvers();
      return settleNow.promise;
    },
    pause: (ms) => {
      pauses.push(ms);
      return Promise.resolve();
    },
    random: () => 0,
    onEvent: ({ sequence }) => heard.push(`#${sequence}`),
    onStatus: (status) => heard.push(status),
    onResumed: (after, cause) => heard.push(`resumed after ${after}, ${cause}`),
  };
  await watchFeed(ports, 5n, stop.signal);
  return { opened: opened.map(Number), heard, pauses };
}

test("a feed begins after the place that is known", async () => {
  const { opened, heard } = await run([{ events: [6, 7] }]);
  expect(opened).toEqual([5]);
  expect(heard).toEqual(["connecting", "live", "#6", "#7"]);
});

test("a feed whose token expired goes on after its last event, at once and without a word of reconnecting", async () => {
  const { opened, heard, pauses } = await run([{ events: [6, 7], end: EXPIRED }, { events: [8] }]);
  expect(opened).toEqual([5, 7]);
  expect(pauses).toEqual([]);
  expect(heard).toEqual(["connecting", "live", "#6", "#7", "live", "resumed after 7, expired", "#8"]);
});

test("an idle feed counts as live once it has stayed open", async () => {
  const { heard } = await run([{ settles: true }]);
  expect(heard).toEqual(["connecting", "live"]);
});

test("a feed that was lost is opened again after growing pauses, and says so", async () => {
  const { opened, heard, pauses } = await run([
    { events: [6], end: LOST },
    { end: LOST },
    { end: "end" },
    { events: [7] },
  ]);
  expect(opened).toEqual([5, 6, 6, 6]);
  expect(pauses).toEqual([500, 1_000, 2_000]);
  expect(heard).toEqual([
    "connecting",
    "live",
    "#6",
    "reconnecting",
    "reconnecting",
    "reconnecting",
    "live",
    "resumed after 6, lost",
    "#7",
  ]);
});

test("the pauses begin anew after a feed was open again", async () => {
  const { pauses } = await run([{ end: LOST }, { end: LOST }, { settles: true, end: LOST }, {}]);
  expect(pauses).toEqual([500, 1_000, 500]);
});

test("a token that expires before the stream is open does not make it spin", async () => {
  const { pauses } = await run([{ end: EXPIRED }, { end: EXPIRED }, {}]);
  expect(pauses).toEqual([500, 1_000]);
});

test("a feed that is refused is not asked for again", async () => {
  const { opened, heard } = await run([{ events: [6], end: REVOKED }, { events: [7] }]);
  expect(opened).toEqual([5]);
  expect(heard.at(-1)).toBe("refused");
});

test("an event that comes twice is heard once", async () => {
  const { heard } = await run([{ events: [6, 6, 5, 7] }]);
  expect(heard.filter((word) => word.startsWith("#"))).toEqual(["#6", "#7"]);
});
