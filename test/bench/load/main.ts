import { once } from "node:events";
import { type ClientHttp2Session, connect } from "node:http2";
import { ECHO_FRAME } from "../fixture/echo.ts";
import { forgeSignature } from "../fixture/tokens.ts";
import { answerParent } from "../run/answer-parent.ts";
import { wait } from "../run/machine.ts";
import { quantile } from "../run/rounds.ts";
import { callEcho, isEcho, UNAUTHENTICATED } from "./grpc-call.ts";
import type { LoadOptions } from "./load.ts";
import type { Latencies, SteadyOptions } from "./load-child.ts";

answerParent({ saturate, flood, steady });

/** Call as fast as answers come. @returns good calls per second */
function saturate(options: LoadOptions): Promise<number> {
  return repeat(options, async (session) => isEcho(await callEcho(session, options.token, ECHO_FRAME)));
}

/** Call with a good token under another signature each time, as fast as refusals come. @returns refusals per second */
function flood(options: LoadOptions): Promise<number> {
  return repeat(options, async (session) => {
    const { status } = await callEcho(session, forgeSignature(options.token ?? ""), ECHO_FRAME);
    return status === UNAUTHENTICATED;
  });
}

async function repeat(
  options: LoadOptions,
  call: (session: ClientHttp2Session) => Promise<boolean>,
): Promise<number> {
  const sessions = await open(options.port, options.connections);
  const startMs = performance.now();
  const endMs = startMs + options.seconds * 1000;
  let count = 0;
  const keepCalling = async (session: ClientHttp2Session): Promise<void> => {
    while (performance.now() < endMs) {
      if (!(await call(session))) throw new Error("a call was not answered as it should be");
      count += 1;
    }
  };
  await Promise.all(
    sessions.flatMap((session) =>
      Array.from({ length: options.callsPerConnection }, () => keepCalling(session)),
    ),
  );
  const seconds = (performance.now() - startMs) / 1000;
  for (const session of sessions) session.destroy();
  return count / seconds;
}

/**
 * Make good calls at a steady pace, whether or not the ones before are answered, and take the time of each from
 * the moment at which it was due: a server that stalls is not spared the calls that it held up.
 */
async function steady({ port, token, callsPerSecond, seconds }: SteadyOptions): Promise<Latencies> {
  const [session] = await open(port, 1);
  if (session === undefined) throw new Error("no connection");
  const startMs = performance.now();
  const latencies = await Promise.all(
    Array.from({ length: Math.round(callsPerSecond * seconds) }, async (_, index) => {
      const dueMs = startMs + (index * 1000) / callsPerSecond;
      await wait(Math.max(0, Math.ceil(dueMs - performance.now())));
      if (!isEcho(await callEcho(session, token))) throw new Error("a good call was not answered well");
      return performance.now() - dueMs;
    }),
  );
  session.destroy();
  const sorted = latencies.sort((a, b) => a - b);
  return { p50Ms: quantile(sorted, 0.5), p99Ms: quantile(sorted, 0.99) };
}

function open(port: number, count: number): Promise<ClientHttp2Session[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const session = connect(`http://127.0.0.1:${port}`);
      await once(session, "connect");
      return session;
    }),
  );
}
