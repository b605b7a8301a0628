import { type ClientHttp2Session, connect } from "node:http2";
import { answerParent } from "../run/answer-parent.ts";
import { wait } from "../run/machine.ts";
import { bearer, EMPTY_MESSAGE, PATHS, toHeaders } from "./requests.ts";

/** Clients that are signed in, each on a connection of its own. */
export interface GoodClients {
  readonly port: number;
  readonly tokens: readonly string[];
}

/** Good calls at a steady pace. */
export interface GoodCalls {
  readonly callsPerSecond: number;
  readonly seconds: number;
  /** When a client gives up, in milliseconds: a call without an answer by then has failed. */
  readonly timeoutMs: number;
}

/** What became of them. */
export interface GoodOutcome {
  /** How long each took from the moment at which it was due, in milliseconds. */
  readonly latenciesMs: readonly number[];
  /** What was wrong with those that failed. */
  readonly failures: readonly string[];
}

const ADDRESS = { "x-forwarded-for": "192.0.2.1" };

let clients: readonly { readonly session: ClientHttp2Session; readonly token: string }[] = [];

answerParent({ open, call });

function open({ port, tokens }: GoodClients): void {
  clients = tokens.map((token) => {
    const session = connect(`http://127.0.0.1:${port}`);
    session.on("error", () => undefined); // the calls on it fail, and say so
    return { session, token };
  });
}

/** Call in turns over all connections, whether or not the calls before are answered. */
async function call({ callsPerSecond, seconds, timeoutMs }: GoodCalls): Promise<GoodOutcome> {
  const failures: string[] = [];
  const startMs = performance.now();
  const latenciesMs = await Promise.all(
    Array.from({ length: Math.round(callsPerSecond * seconds) }, async (_, index) => {
      const dueMs = startMs + (index * 1000) / callsPerSecond;
      await wait(Math.max(0, Math.ceil(dueMs - performance.now())));
      const answer = await callOnce(index, timeoutMs);
      if (answer !== "200 0") {
        failures.push(`after ${((dueMs - startMs) / 1000).toFixed(1)} s: ${answer}`);
      }
      return performance.now() - dueMs;
    }),
  );
  return { latenciesMs, failures };
}

function callOnce(index: number, timeoutMs: number): Promise<string> {
  return new Promise((resolve) => {
    const client = clients[index % clients.length];
    if (client === undefined || client.session.destroyed || client.session.closed) {
      resolve("its connection was closed");
      return;
    }
    const headers = { ...bearer(client.token), te: "trailers", ...ADDRESS };
    const stream = client.session.request(
      toHeaders({ path: PATHS.listNotes, contentType: "application/grpc", headers }),
    );
    let status = "";
    stream.on("response", (head) => {
      const early = [head["grpc-status"], head["grpc-message"]].filter((field) => field !== undefined);
      status = [head[":status"], ...early].map(String).join(" ");
    });
    stream.on("trailers", (trailers) => {
      status += ` ${String(trailers["grpc-status"])}`;
    });
    stream.on("error", (error) => resolve(error.message));
    stream.once("close", () => resolve(status));
    stream.setTimeout(timeoutMs, () => stream.destroy(new Error("no answer in time")));
    stream.resume().end(EMPTY_MESSAGE);
  });
}
