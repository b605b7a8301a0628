import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { own } from "../hostile/issuers.ts";
import { type Case, type HeaderFields, pathOf, type Step } from "./case.ts";
import { startSides } from "./compare.ts";
import { connectHandler, fastPath } from "./variants.ts";
import { caseOf, DIALECTS, type Dialect, encode, frame, isConnect } from "./wire.ts";

const sides = startSides(fastPath, connectHandler);
afterAll(() => sides[Symbol.asyncDispose]());

const token = own();

const dialect = fc.constantFrom(...DIALECTS);
const method = fc.constantFrom("Open", "Open", "Read", "Optional", "Private", "Scoped", "Ruled", "Follow");
const does = fc.constantFrom(
  ...[
    "echo",
    "echo-later",
    "headers",
    "fail 5",
    "fail-later 13",
    "fail-details 9",
    "throw-error",
    "wrong",
    "large 3000",
  ],
);

const field = fc.oneof(
  fc.constantFrom<readonly [string, string]>(
    ["authorization", `Bearer ${token}`],
    ["authorization", "Bearer no"],
    ["grpc-timeout", "20S"],
    ["grpc-timeout", "20000123u"],
    ["grpc-timeout", "no"],
    ["connect-timeout-ms", "20000"],
    ["connect-timeout-ms", "no"],
    ["grpc-encoding", "identity"],
    ["grpc-encoding", "gzip"],
    ["content-encoding", "br"],
    ["grpc-accept-encoding", "gzip"],
    ["accept-encoding", "br, gzip"],
    ["connect-protocol-version", "1"],
    ["content-type", "application/grpc"],
  ),
  fc.tuple(fc.stringMatching(/^x-[a-z]{1,6}(-bin)?$/), fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/)),
);

/** A body: a message of some length, framed rightly or not, with what may stand behind it. */
const body = fc.record({
  text: fc.string({ maxLength: 1_100 }),
  flags: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(255) }),
  longer: fc.oneof(
    { weight: 8, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: -3, max: 3 }) },
  ),
  behind: fc.oneof(
    { weight: 8, arbitrary: fc.constant(new Uint8Array()) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 8 }) },
  ),
  cuts: fc.array(fc.nat(1_200), { maxLength: 3 }),
  isFramedAsOther: fc.oneof(
    { weight: 12, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
});

type Body = typeof body extends fc.Arbitrary<infer T> ? T : never;

function toSteps(
  spoken: Dialect,
  { text, flags, longer, behind, cuts, isFramedAsOther }: Body,
): readonly Step[] {
  const message = encode(spoken, { text });
  const isFramed = isConnect(spoken) === isFramedAsOther;
  const length = Math.max(0, message.length + longer);
  const bytes = Buffer.concat([isFramed ? frame(message, { flags, length }) : message, behind]);
  const edges = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
  return [...edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge)), "end"];
}

const request: fc.Arbitrary<Case> = fc
  .record({
    dialect,
    method,
    does,
    body,
    more: fc.array(field, { maxLength: 4 }),
    transport: fc.constantFrom("h2", "h2", "http1"),
    setup: fc.constantFrom("own", "own", "intercepted"),
  })
  .map(({ dialect: spoken, method: called, body: sent, more, ...rest }) =>
    caseOf(spoken, "random", {
      ...rest,
      more: more satisfies HeaderFields,
      path: pathOf(called),
      steps: toSteps(spoken, sent),
    }),
  );

// A longer search: COUNTERSIGN_TEST_DIFFERENTIAL_RUNS=20000.
const RUNS = Number(process.env.COUNTERSIGN_TEST_DIFFERENTIAL_RUNS ?? 300);

/** A server that does not answer must not hide which request it was. */
const PATIENCE_MS = 60_000;

test(
  "any request gets from the fast path what it gets from connect's own handler",
  async () => {
    const property = fc.asyncProperty(request, async (sent) => {
      const { one, other } = await withPatience(sides.compare(sent));
      expect(one).toEqual(other);
    });
    await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
  },
  RUNS * 100 + 200_000,
);

async function withPatience<T>(compared: Promise<T>): Promise<T> {
  const { promise: tooLong, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error("there was no answer")), PATIENCE_MS);
  return await Promise.race([compared, tooLong]).finally(() => clearTimeout(timer));
}
