import { create, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "@countersign/gen/google/rpc/error_details_pb.js";
import { expect, test } from "vitest";
import { followFeed, type Sequenced } from "../../../web-demo/src/feed/follow-feed.ts";

/** An error as it comes over the wire. */
function withReason(reason: string): ConnectError {
  const error = new ConnectError("m", Code.Unauthenticated);
  const value = toBinary(ErrorInfoSchema, create(ErrorInfoSchema, { reason, domain: "countersign" }));
  error.details.push({ type: ErrorInfoSchema.typeName, value });
  return error;
}

const EXPIRED = withReason("STREAM_EXPIRED");
const REVOKED = withReason("SESSION_REVOKED");

/** What one opened stream does: its events, then how it ends; without an end it goes on until it is stopped. */
interface Script {
  readonly events?: readonly number[];
  readonly end?: ConnectError;
  /** Whether it stays silent for long enough to count as open. */
  readonly settles?: boolean;
}

/** Follow a feed over scripted streams; it is stopped when the script is at its end. */
async function run(scripts: readonly Script[], isCutOff: () => boolean = () => false) {
  const stop = new AbortController();
  const opened: bigint[] = [];
  const heard: string[] = [];
  let settle: () => void = () => undefined;

  async function* stream(script: Script | undefined): AsyncGenerator<Sequenced> {
    if (script?.settles === true) {
      settle();
    }
    // Silence is noticed before anything else is said.
    for (let turns = 0; turns < 10; turns += 1) {
      await Promise.resolve();
    }
    for (const sequence of script?.events ?? []) {
      yield { sequence: BigInt(sequence) };
    }
    if (script?.end !== undefined) {
      throw script.end;
    }
    stop.abort();
    throw new ConnectError("stopped", Code.Canceled);
  }
  const ports = {
    watch: ({ afterSequence }: { readonly afterSequence: bigint }) => {
      opened.push(afterSequence);
      return stream(scripts[opened.length - 1]);
    },
    wait: () => new Promise<void>((resolve) => (settle = resolve)),
    isCutOff,
    onEvent: ({ sequence }: Sequenced) => heard.push(`#${sequence}`),
    onOpen: (agoMs: number) => heard.push(agoMs === 0 ? "open" : "open in silence"),
    onInterruption: (delayMs: number) => heard.push(`again in ${delayMs}`),
    onEnd: () => heard.push("ended"),
  };
  await followFeed(ports, 5n, stop.signal);
  return { opened: opened.map(Number), heard };
}

test("a feed begins after the place that is known", async () => {
  const { opened, heard } = await run([{ events: [6, 7] }]);
  expect(opened).toEqual([5]);
  expect(heard).toEqual(["open", "#6", "#7"]);
});

test("an interrupted feed goes on after its last event, and tells of both", async () => {
  const { opened, heard } = await run([{ events: [6, 7], end: EXPIRED }, { events: [8] }]);
  expect(opened).toEqual([5, 7]);
  expect(heard).toEqual(["open", "#6", "#7", "again in 0", "open", "#8"]);
});

test("a feed that stays silent counts as open, once", async () => {
  const { heard } = await run([{ settles: true, events: [6] }]);
  expect(heard).toEqual(["open in silence", "#6"]);
});

test("a feed that is refused has ended", async () => {
  const { opened, heard } = await run([{ events: [6], end: REVOKED }, { events: [7] }]);
  expect(opened).toEqual([5]);
  expect(heard).toEqual(["open", "#6", "ended"]);
});

test("what the stream delivers is passed on as it comes, so that what comes twice can be seen", async () => {
  const { heard } = await run([{ events: [6, 6, 7] }]);
  expect(heard).toEqual(["open", "#6", "#6", "#7"]);
});

test("silence that began in a dead spot is no sign of an open feed either", async () => {
  const answers = [true, false];
  const { heard } = await run([{ settles: true, events: [6] }], () => answers.shift() ?? false);
  expect(heard).toEqual(["open", "#6"]);
});

test("silence of a page that knows itself cut off is no sign of an open feed", async () => {
  const { heard } = await run([{ settles: true, events: [6] }], () => true);
  expect(heard).toEqual(["open", "#6"]);
});
