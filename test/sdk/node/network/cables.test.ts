import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { NODES } from "../../../hostile/start-adapters.ts";
import { notEmpty } from "../../../support/not-empty.ts";
import { layCable } from "./cable.ts";
import { notUnavailable, type ServerProgram, startCaller, startNetworkServer, waysOn } from "./programs.ts";

const ROUNDS = 3;
/** How long the caller has at first to go on before the next fault: twice as long each time, since machines are slow. */
const FIRST_WAIT_MS = 300;
const timeout = 120_000;

// Seldom enough for a slow machine, whose answers take their time.
const pingMs = [1_000, 1_000] as const;

/** Cause faults until calls pass again: one may find only connections that no call uses. */
async function causeUntil(passing: Promise<unknown>, cause: () => void): Promise<void> {
  const passed = passing.then(() => true);
  let isPassing = false;
  for (let waitMs = FIRST_WAIT_MS; !isPassing; waitMs *= 2) {
    cause();
    isPassing = await Promise.race([passed, sleep(waitMs, false)]);
  }
}

let server: ServerProgram;
beforeAll(async () => {
  server = await startNetworkServer();
});
afterAll(() => server?.[Symbol.asyncDispose]());

for (const [nodeName, node] of Object.entries(NODES)) {
  for (const fault of ["mute", "cut", "end"] as const) {
    // Nobody checks a connection of HTTP/1.1: there, a call over one that is mute ends with its deadline.
    const ways = waysOn(node).filter(({ httpVersion }) => fault !== "mute" || httpVersion === "2");
    // They wait for pings and for the next fault: beside each other they take the time of one.
    describe.concurrent(`connections of ${nodeName} that go ${fault} while calls are in flight`, () => {
      for (const way of notEmpty(ways)) {
        test(`make them Unavailable, and the caller goes on (${way.protocol}, HTTP/${way.httpVersion})`, {
          timeout,
        }, async () => {
          await using cable = await layCable(server.port);
          await using caller = await startCaller({ ...way, port: cable.port, node, pingMs });
          await caller.untilPassing(1);
          for (let round = 1; round <= ROUNDS; round += 1) {
            await causeUntil(caller.untilPassing(round + 1), cable[fault]);
          }
          const failures = await caller.end();
          expect(Object.keys(failures)).not.toEqual([]);
          expect(notUnavailable(failures)).toBe("");
        });
      }
    });
  }
}
