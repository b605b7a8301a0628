import { describe, expect, test } from "vitest";
import { NODES } from "../../../hostile/start-adapters.ts";
import { notEmpty } from "../../../support/not-empty.ts";
import { notUnavailable, startCaller, startNetworkServer, waysOn } from "./programs.ts";

const ROUNDS = 3;

for (const [nodeName, node] of Object.entries(NODES)) {
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    describe(`a server that ends with ${signal} while calls of ${nodeName} are in flight`, () => {
      for (const way of notEmpty(waysOn(node))) {
        const name = `${way.protocol}, HTTP/${way.httpVersion}`;
        test(`makes them Unavailable, and the caller goes on (${name})`, { timeout: 120_000 }, async () => {
          await using stack = new AsyncDisposableStack();
          let server = stack.use(await startNetworkServer());
          const { port } = server;
          const caller = stack.use(startCaller({ ...way, port, node }));
          for (let round = 1; round <= ROUNDS; round += 1) {
            await caller.untilPassing(round);
            await server.program.end(signal);
            server = stack.use(await startNetworkServer(port));
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
