import { afterAll, beforeAll, expect, it } from "vitest";
import { type SignalServer, startSignalServer, textOf, watch } from "./signal-server.ts";

let server: SignalServer;
beforeAll(async () => {
  server = await startSignalServer();
});
afterAll(() => server?.[Symbol.asyncDispose]());

it("a watcher that knows nothing gets everything, then what is new, and goes on behind its cursor", async () => {
  const client = await server.connect();
  await server.issuer.revocations.revoke({ sid: "a" });
  let cursor: bigint;
  let epoch: string;
  {
    await using first = watch(client);
    const begin = await first.until("begin");
    expect(begin).toMatchObject({ isSnapshot: true });
    ({ epoch } = begin);
    expect(await first.values()).toEqual(["a"]);
    await server.issuer.revocations.revoke({ sid: "b" });
    const { revocations, cursor: behind } = await first.until("revocations");
    expect(revocations).toMatchObject([{ dimension: 1, match: { case: "value", value: "b" } }]);
    await first.until("alive");
    cursor = first.cursor;
    expect(cursor).toBe(behind);
  }
  await server.issuer.revocations.revoke({ sid: "c" });
  await using second = watch(client, { epoch, after: cursor });
  expect(await second.until("begin")).toMatchObject({ epoch, isSnapshot: false });
  expect((await second.until("revocations")).revocations.map(textOf)).toEqual(["c"]);
});
