import { once } from "node:events";
import { connect } from "node:http2";
import { CALLS } from "../fixture/calls.ts";
import { ECHO_FRAME } from "../fixture/echo.ts";
import { forgeSignature } from "../fixture/tokens.ts";
import { answerParent } from "../run/answer-parent.ts";
import { wait } from "../run/machine.ts";
import { quantile } from "../run/rounds.ts";
import { type CallClient, openClients } from "./call-client.ts";
import { callEcho, UNAUTHENTICATED } from "./grpc-call.ts";
import type { Latencies, LoadOptions } from "./load.ts";
import type { HoldOptions, SteadyOptions } from "./load-child.ts";

answerParent({ saturate, flood, steady, hold, release });

/** Call as fast as answers come. @returns good calls per second */
async function saturate(options: LoadOptions): Promise<number> {
  const clients = await openClients(CALLS[options.call ?? "grpc"], options);
  const rate = await repeat(clients, options, (client) => client.call(options.token));
  for (const client of clients) {
    client.close();
  }
  return rate;
}

/** Call with a good token under another signature each time, as fast as refusals come. @returns refusals per second */
async function flood(options: LoadOptions): Promise<number> {
  const sessions = await Promise.all(
    Array.from({ length: options.connections }, async () => {
      const session = connect(`http://127.0.0.1:${options.port}`);
      await once(session, "connect");
      return session;
    }),
  );
  const rate = await repeat(sessions, options, async (session) => {
    const { status } = await callEcho(session, forgeSignature(options.token ?? ""), ECHO_FRAME);
    return status === UNAUTHENTICATED;
  });
  for (const session of sessions) {
    session.destroy();
  }
  return rate;
}

async function repeat<Connection>(
  connections: readonly Connection[],
  { callsPerConnection, seconds: limit }: LoadOptions,
  call: (connection: Connection) => Promise<boolean>,
): Promise<number> {
  const startMs = performance.now();
  const endMs = startMs + limit * 1000;
  let count = 0;
  const keepCalling = async (connection: Connection): Promise<void> => {
    while (performance.now() < endMs) {
      if (!(await call(connection))) {
        throw new Error("a call was not answered as it should be");
      }
      count += 1;
    }
  };
  await Promise.all(
    connections.flatMap((connection) =>
      Array.from({ length: callsPerConnection }, () => keepCalling(connection)),
    ),
  );
  return count / ((performance.now() - startMs) / 1000);
}

/**
 * Make good calls at a steady pace, whether or not the ones before are answered, and take the time of each from
 * the moment at which it was due: a server that stalls is not spared the calls that it held up.
 */
async function steady(options: SteadyOptions): Promise<Latencies> {
  const { port, token, callsPerSecond, seconds, connections = 1 } = options;
  const clients = await openClients(CALLS[options.call ?? "grpc"], { port, connections });
  const startMs = performance.now();
  const latencies = await Promise.all(
    Array.from({ length: Math.round(callsPerSecond * seconds) }, async (_, index) => {
      const dueMs = startMs + (index * 1000) / callsPerSecond;
      await wait(Math.max(0, Math.ceil(dueMs - performance.now())));
      if ((await clients[index % connections]?.call(token)) !== true) {
        throw new Error("a good call was not answered well");
      }
      return performance.now() - dueMs;
    }),
  );
  for (const client of clients) {
    client.close();
  }
  const sorted = latencies.sort((a, b) => a - b);
  return { p50Ms: quantile(sorted, 0.5), p99Ms: quantile(sorted, 0.99) };
}

const held: CallClient[] = [];

/** Open connections, make one call on each, and keep them open. */
async function hold({ port, token, connections }: HoldOptions): Promise<void> {
  const clients = await openClients(CALLS.grpc, { port, connections });
  held.push(...clients);
  for (const client of clients) {
    if (!(await client.call(token))) {
      throw new Error("a call was not answered as it should be");
    }
  }
}

function release(): void {
  for (const client of held.splice(0)) {
    client.close();
  }
}
