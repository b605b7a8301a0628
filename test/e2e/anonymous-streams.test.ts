import { Code, ConnectError } from "@connectrpc/connect";
import { Health } from "@countersign/gen/grpc/health/v1/health_pb.js";
import { expect, test } from "vitest";
import { clientOf } from "../support/rpc.ts";
import { startServer } from "../support/server-process.ts";

/** How many streams without a token one peer may have open. */
const PER_PEER = 100;

test("a stranger holds a hundred streams of a health check, and not one more", async () => {
  await using server = await startServer();
  const health = clientOf(Health, { baseUrl: server.baseUrl, protocol: "grpc" });
  const calls = new AbortController();
  const open = async (signal: AbortSignal) => {
    const iterator = health.watch({}, { signal })[Symbol.asyncIterator]();
    await iterator.next();
    return iterator;
  };
  const first = new AbortController();
  await Promise.all([open(first.signal), ...Array.from({ length: PER_PEER - 1 }, () => open(calls.signal))]);
  const refusal = await open(calls.signal).then(() => undefined, ConnectError.from);
  expect(refusal?.code).toBe(Code.ResourceExhausted);
  // Calls that are no streams go on, and whoever closes one may open another.
  expect((await health.check({})).status).toBe(1);
  first.abort();
  await expect.poll(() => open(calls.signal).then(() => "open", String)).toBe("open");
  calls.abort();
});
