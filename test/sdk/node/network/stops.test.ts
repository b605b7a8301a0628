import { beforeAll, describe, expect, test } from "vitest";
import { NODES } from "../../../hostile/start-adapters.ts";
import { notEmpty } from "../../../support/not-empty.ts";
import { type Failures, notUnavailable, startCaller, startNetworkServer, waysOn } from "./programs.ts";

const ROUNDS = 3;
const TIMEOUT_MS = 300_000;

/** Have programs call one server in every way while it ends and is started again. Answers what failed, by the way. */
async function endServers(signal: "SIGTERM" | "SIGKILL", node: string): Promise<readonly Failures[]> {
  await using stack = new AsyncDisposableStack();
  let server = stack.use(await startNetworkServer());
  const { port } = server;
  const callers = await Promise.all(
    waysOn(node).map(async (way) => stack.use(await startCaller({ ...way, port, node }))),
  );
  const untilPassing = (times: number) => Promise.all(callers.map((caller) => caller.untilPassing(times)));
  for (let round = 1; round <= ROUNDS; round += 1) {
    await untilPassing(round);
    await server.program.end(signal);
    server = stack.use(await startNetworkServer(port));
  }
  await untilPassing(ROUNDS + 1);
  return await Promise.all(callers.map((caller) => caller.end()));
}

for (const [nodeName, node] of Object.entries(NODES)) {
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    describe(`a server that ends with ${signal} while calls of ${nodeName} are in flight`, () => {
      let failures: readonly Failures[];
      beforeAll(async () => {
        failures = await endServers(signal, node);
      }, TIMEOUT_MS);

      for (const [index, { protocol, httpVersion }] of notEmpty(waysOn(node)).entries()) {
        test(`makes them Unavailable, and the caller goes on (${protocol}, HTTP/${httpVersion})`, () => {
          const found = failures[index] ?? {};
          expect(Object.keys(found)).not.toEqual([]);
          expect(notUnavailable(found)).toBe("");
        });
      }
    });
  }
}
