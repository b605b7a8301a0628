import { describe, expect, test } from "vitest";
import { NODES } from "../../../hostile/start-adapters.ts";
import { layCable } from "./cable.ts";
import { notUnavailable, startCaller, startNetworkServer, WAYS } from "./programs.ts";

const ROUNDS = 3;
const timeout = 120_000;

// Seldom enough for a slow machine, whose answers take their time.
const pingMs = [1_000, 1_000] as const;

for (const [nodeName, node] of Object.entries(NODES)) {
  for (const fault of ["mute", "cut", "end"] as const) {
    // Nobody checks a connection of HTTP/1.1: there, a call over one that is mute ends with its deadline.
    const ways = WAYS.filter(({ httpVersion }) => fault !== "mute" || httpVersion === "2");
    describe(`connections of ${nodeName} that go ${fault} while calls are in flight`, () => {
      for (const way of ways) {
        test(`make them Unavailable, and the caller goes on (${way.protocol}, HTTP/${way.httpVersion})`, {
          timeout,
        }, async () => {
          await using server = await startNetworkServer();
          await using cable = await layCable(server.port);
          await using caller = startCaller({ ...way, port: cable.port, node, pingMs });
          for (let round = 1; round <= ROUNDS; round += 1) {
            await caller.untilPassing(round);
            cable[fault]();
          }
          await caller.untilPassing(ROUNDS + 1);
          const failures = await caller.end();
          expect(Object.keys(failures)).not.toEqual([]);
          expect(notUnavailable(failures)).toBe("");
        });
      }
    });
  }
}
