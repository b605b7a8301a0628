import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { toBytes, toFields } from "./host-cases.ts";
import { http1Connection, http2Connection, type RandomConnection } from "./random-bytes.ts";
import { openSocket, type RawTarget, sendBytes, sendFields } from "./send-raw.ts";
import { ADAPTERS, type AdapterName, type GuardWay, NODES, startAdapters } from "./start-adapters.ts";

/** More by hand: `RANDOM_CONNECTIONS=20000 RANDOM_SEED=7`. */
const CONNECTIONS = Number(process.env.RANDOM_CONNECTIONS ?? 150);
const SEED = Number(process.env.RANDOM_SEED ?? 2);
const AT_ONCE = 8;
/** A server may wait for more: the connection is then left. */
const PATIENCE_MS = 40;

const ways: readonly GuardWay[] = ["spread", "guarded"];

for (const [nodeName, node] of Object.entries(NODES)) {
  for (const way of ways) {
    test(`no bytes end a process, on ${nodeName}, ${way}`, { timeout: 600_000 }, async () => {
      await using adapters = await startAdapters(way, node);
      for (const [name, { versions, isSecure }] of Object.entries(ADAPTERS)) {
        const target = { port: adapters.ports[name as AdapterName], isSecure }; // a key of the table
        for (const version of versions) {
          await sendAll(target, version);
          const alive =
            version === 1
              ? await sendBytes(target, toBytes({ hosts: ["a"] }))
              : await sendFields(target, toFields("a"));
          expect(alive, `${name}\n${adapters.program.output().stderr}`).toBe(200);
        }
      }
    });
  }
}

async function sendAll(target: RawTarget, version: 1 | 2): Promise<void> {
  const connection = version === 1 ? http1Connection : http2Connection;
  const rest = fc.sample(connection, { numRuns: CONNECTIONS, seed: SEED });
  const protocol = version === 1 ? "http/1.1" : "h2";
  const sendRest = async (): Promise<void> => {
    for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
      await send(next, { ...target, protocol });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sendRest));
}

async function send(
  { bytes, pauseAt, end }: RandomConnection,
  { protocol, ...target }: RawTarget & { readonly protocol: "h2" | "http/1.1" },
): Promise<void> {
  await using connection = openSocket(target, protocol);
  const { socket, closed } = connection;
  socket.resume();
  socket.write(bytes.subarray(0, pauseAt));
  await sleep(1);
  socket.write(bytes.subarray(pauseAt));
  await sleep(1);
  if (end === "end") {
    socket.end();
  } else if (end === "reset" && !target.isSecure) {
    socket.resetAndDestroy();
  } else if (end !== "wait") {
    socket.destroy();
  }
  await Promise.race([closed, sleep(PATIENCE_MS)]);
}
