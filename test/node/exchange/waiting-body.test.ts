import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { createByteBudget } from "../../../server/gate/src/kernel/byte-budget.ts";
import { createWaitingBody } from "../../../server/node/src/exchange/waiting-bytes.ts";

test("what has come of a body that nobody reads to its end is let go of with the answer", async () => {
  const budget = createByteBudget({ maxBytesPerConnection: 1_000, maxBytes: 1_000 });
  const held: number[] = [];
  const server = createServer((req, res) => {
    const waiting = createWaitingBody(req, res, { budget, peerOf: () => "peer" });
    waiting.hold(100);
    held.push(budget.heldBytes);
    res.once("close", () => {
      held.push(budget.heldBytes);
      waiting.hold(200);
      held.push(budget.heldBytes);
    });
    res.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // it listens on TCP
  await (await fetch(`http://127.0.0.1:${port}`, { headers: { connection: "close" } })).text();
  await expect.poll(() => held).toEqual([100, 0, 0]);
  server.close();
});

test("nothing waits of a request whose response is gone already", async () => {
  const budget = createByteBudget({ maxBytesPerConnection: 1_000, maxBytes: 1_000 });
  const held = Promise.withResolvers<number>();
  const server = createServer((req, res) => {
    res.once("close", () => {
      createWaitingBody(req, res, { budget, peerOf: () => "peer" }).hold(100);
      held.resolve(budget.heldBytes);
    });
    res.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // it listens on TCP
  await (await fetch(`http://127.0.0.1:${port}`, { headers: { connection: "close" } })).text();
  expect(await held.promise).toBe(0);
  server.close();
});
