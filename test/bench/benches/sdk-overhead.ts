import {
  Code,
  ConnectError,
  createRouterTransport,
  type Interceptor,
  type UnaryRequest,
} from "@connectrpc/connect";
import { createSession, systemClock } from "@countersign/sdk";
import { createFakeServer } from "@countersign/sdk/testing";
import type { Bench, BenchOptions, Row, Side } from "../run/bench.ts";
import { interleave } from "../run/rounds.ts";

const CALLS = 100_000;
const QUICK_CALLS = 100;
const MAX_OVERHEAD_US = 5;
const BASE_URL = "https://api.example";

/** What the SDK's interceptor costs a call while the token is fresh. */
export const sdkOverheadBench: Bench = {
  name: "sdk-overhead",
  describe: [
    "calls through the session's interceptor to a transport that answers at once, and without the interceptor;",
    "`overhead` is the difference of the two in the same turn",
  ],
  comparisons: [{ ours: "overhead", better: "lower", target: MAX_OVERHEAD_US }],
  run: runSdkOverhead,
};

type AnyNext = ReturnType<Interceptor>;

async function runSdkOverhead({ rounds, quick }: BenchOptions): Promise<readonly Row[]> {
  const server = createFakeServer({ clock: systemClock, lifetimeMs: 3_600_000 });
  const session = createSession({ baseUrl: BASE_URL, transport: createRouterTransport(server.routes) });
  await session.signIn({ username: "demo", password: "demo-password" });
  const answer = new ConnectError("no answer is looked at", Code.Unknown);
  // The bench looks at nothing of an answer, so any object does for one.
  const bare: AnyNext = () => Promise.resolve(answer as unknown as Awaited<ReturnType<AnyNext>>);
  const calls = quick ? QUICK_CALLS : CALLS;
  // Both ways are compiled before either is timed.
  for (const call of [bare, session.interceptor(bare)]) {
    await timePerCall(call, calls);
  }
  const side: Side = {
    name: "interceptor",
    async measure() {
      const without = await timePerCall(bare, calls);
      const with_ = await timePerCall(session.interceptor(bare), calls);
      return [
        { side: "without", unit: "µs/call", value: without },
        { side: "with", unit: "µs/call", value: with_ },
        { side: "overhead", unit: "µs/call", value: Math.max(with_ - without, Number.EPSILON) },
      ];
    },
  };
  const rows = await interleave("sdk-overhead", [side], rounds);
  session.dispose();
  return rows;
}

async function timePerCall(call: AnyNext, calls: number): Promise<number> {
  const requests = Array.from({ length: calls }, createRequest);
  const startMs = performance.now();
  for (const request of requests) {
    await call(request);
  }
  return ((performance.now() - startMs) * 1000) / calls;
}

function createRequest(): UnaryRequest {
  const request = {
    stream: false,
    url: `${BASE_URL}/demo.Service/Call`,
    header: new Headers(),
    signal: new AbortController().signal,
    method: { name: "Call", parent: { typeName: "demo.Service" } },
  };
  // The interceptor reads nothing else of a request.
  return request as unknown as UnaryRequest;
}
