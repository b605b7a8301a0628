import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { own } from "../hostile/issuers.ts";
import { type Case, type HeaderFields, pathOf, type Step } from "./case.ts";
import { startSides } from "./compare.ts";
import { frameOf, streamFieldsOf } from "./stream-wire.ts";
import { connectHandler, fastPath } from "./variants.ts";
import { caseOf, DIALECTS, type Dialect } from "./wire.ts";

const sides = startSides(fastPath, connectHandler);
afterAll(() => sides[Symbol.asyncDispose]());

const token: HeaderFields = [["authorization", `Bearer ${own()}`]];
const methods = ["Follow", "Collect", "Talk", "FollowPrivate", "CollectRuled", "TalkRuled", "TalkPrivate"];

// No handler here goes on after a message of its client was refused: the call ends then, whatever it still does to the trailer.
const acts = fc.array(
  fc.constantFrom(
    ...["send a", "many 40", "large 1500", "large 3000", "message", "turn", "read", "echo"],
    ...["header x-one=1", "trailer x-one=1", "fail 5", "details", "throw", "wrong"],
  ),
  { minLength: 1, maxLength: 6 },
);

const message = fc.record({
  text: fc.oneof({ weight: 3, arbitrary: fc.constant("allowed") }, fc.string({ maxLength: 1_100 })),
  flags: fc.oneof({ weight: 12, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(255) }),
});

type Sent = typeof message extends fc.Arbitrary<infer T> ? T : never;

/**
 * The messages, cut in two. What comes in one part is refused as one, with either handler: so the cut, where a part may
 * meet the one before it on its way, is between messages that are right.
 */
function toSteps(dialect: Dialect, messages: readonly Sent[], isCut: boolean): readonly Step[] {
  const frames = messages.map(({ text, flags }) => frameOf(dialect, { text }, flags));
  const bytes = Buffer.concat(frames);
  const isRight = messages.every(({ text, flags }) => flags === 0 && text.length < 200);
  const middle = bytes.length >> 1;
  return isCut && isRight ? [bytes.subarray(0, middle), bytes.subarray(middle), "end"] : [bytes, "end"];
}

const exchange: fc.Arbitrary<Case> = fc
  .record({
    dialect: fc.constantFrom(...DIALECTS),
    method: fc.constantFrom(...methods),
    script: acts,
    messages: fc.array(message, { maxLength: 5 }),
    isCut: fc.boolean(),
    hasToken: fc.oneof({ weight: 6, arbitrary: fc.constant(true) }, fc.constant(false)),
    compression: fc.constantFrom("identity", "identity", "gzip", "br"),
  })
  .map(({ dialect, method, script, messages, isCut, hasToken, compression }) =>
    caseOf(dialect, "random stream", {
      fields: streamFieldsOf(dialect),
      path: pathOf(method),
      steps: toSteps(dialect, messages, isCut),
      more: [
        ["x-script", script.join(",")],
        ...(hasToken ? token : []),
        [dialect.startsWith("connect") ? "connect-accept-encoding" : "grpc-accept-encoding", compression],
      ],
    }),
  );

// A longer search: COUNTERSIGN_TEST_DIFFERENTIAL_RUNS=20000.
const RUNS = Number(process.env.COUNTERSIGN_TEST_DIFFERENTIAL_RUNS ?? 200);

test(
  "any stream gets from the fast path what it gets from connect's own handler",
  async () => {
    const property = fc.asyncProperty(exchange, async (sent) => {
      const { one, other } = await sides.compare(sent);
      expect(one).toEqual(other);
    });
    await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
  },
  RUNS * 100 + 200_000,
);
