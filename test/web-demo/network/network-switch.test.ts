import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createNetworkSwitch } from "../../../web-demo/src/network/network-switch.ts";
import { watchRenewals } from "../../../web-demo/src/network/watch-renewals.ts";

let asked = 0;
const server = createServer((req, res) => {
  asked += 1;
  if (req.url === "/slow") {
    return void res.write("first");
  }
  res.setHeader("content-type", "application/json");
  const renewed = req.headers["x-streams"] === "none" ? {} : { streams: [{ streamId: "a" }] };
  res.end(JSON.stringify(renewed));
});
let origin = "";

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test("a cut fails the streams that are open, as a lost network does", async () => {
  const network = createNetworkSwitch(fetch);
  const response = await network.fetch(`${origin}/slow`);
  const reader = response.body?.getReader();
  await reader?.read();
  network.cut();
  await expect(reader?.read()).rejects.toThrow(new TypeError("Failed to fetch"));
});

test("a cut lets no request through until it is restored", async () => {
  const network = createNetworkSwitch(fetch);
  const told: boolean[] = [];
  const stop = network.subscribe(() => told.push(network.getSnapshot()));
  network.cut();
  const before = asked;
  const pending = network.fetch(`${origin}/any`);
  await (await fetch(`${origin}/another-way`)).text();
  expect(asked).toBe(before + 1);
  network.restore();
  network.restore();
  expect((await pending).ok).toBe(true);
  expect((await network.fetch(`${origin}/any`)).ok).toBe(true);
  stop();
  network.cut();
  expect(told).toEqual([true, false]);
});

test("a request that waits for the network ends when its caller gives up, and is never sent", async () => {
  const network = createNetworkSwitch(fetch);
  const stop = new AbortController();
  network.cut();
  const before = asked;
  const early = network.fetch(origin, { signal: AbortSignal.abort(new Error("too late")) });
  const pending = network.fetch(origin, { signal: stop.signal });
  stop.abort(new Error("no patience"));
  await expect(early).rejects.toThrow("too late");
  await expect(pending).rejects.toThrow("no patience");
  network.restore();
  await (await network.fetch(origin)).text();
  expect(asked).toBe(before + 1);
});

test("a request that its caller gives up still ends with the caller's reason", async () => {
  const network = createNetworkSwitch(fetch);
  const stop = new AbortController();
  const request = network
    .fetch(`${origin}/slow`, { signal: stop.signal })
    .then((response) => response.text());
  stop.abort(new Error("not wanted any more"));
  await expect(request).rejects.toThrow("not wanted any more");
});

test("renewals are told of when the server has said that streams go on, and nothing else is", async () => {
  let renewals = 0;
  const told = Promise.withResolvers<void>();
  const watched = watchRenewals(fetch, () => {
    renewals += 1;
    told.resolve();
  });
  const path = "/countersign.auth.v1.StreamService/Renew";
  await (await watched(`${origin}/countersign.auth.v1.SessionService/Refresh`)).text();
  await (await watched(origin + path, { headers: { "x-streams": "none" } })).text();
  expect(await (await watched(origin + path)).json()).toEqual({ streams: [{ streamId: "a" }] });
  await told.promise;
  expect(renewals).toBe(1);
});
