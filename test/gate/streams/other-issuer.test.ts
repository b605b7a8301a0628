import { Code, createClient, type ServiceImpl } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { fromFunction } from "@countersign/sdk";
import { createNodeTransport, createSession } from "@countersign/sdk/node";
import { expect, test, vi } from "vitest";
import { optionalPrincipalOf } from "../../../server/gate/src/connect/principal-context.ts";
import { listen } from "../../../server/node/src/listener.ts";
import { eventually } from "../../support/eventually.ts";
import { holdTime, passWhileClosing } from "../../support/fake-time.ts";
import { startStreamServer, tokenFor } from "./stream-server.ts";

/** A server that knows nothing of all this: it counts the calls that it cannot answer. */
async function startForeignServer(notes: Partial<ServiceImpl<typeof NotesService>>) {
  let unknownCalls = 0;
  const handle = connectNodeAdapter({
    routes: (router) => router.service(NotesService, notes),
    fallback(_, res) {
      unknownCalls += 1;
      res.statusCode = 404;
      res.end();
    },
  });
  const listener = await listen({ handle });
  return {
    baseUrl: listener.origin,
    unknownCalls: () => unknownCalls,
    [Symbol.asyncDispose]: () => passWhileClosing(listener.close(0)),
  };
}

holdTime();

const LIFE_MS = 2_000;

/** Enough to cross three lives of a token. */
const MESSAGES = 60;
const BETWEEN_MESSAGES_MS = 100;

/** Sends a message whenever one was asked for. */
let send: () => void = () => undefined;
/** When the token that the stream runs on ends, in milliseconds since 1970, where the server knows of one. */
let endsAtMs: () => number = () => Infinity;
const notes: Partial<ServiceImpl<typeof NotesService>> = {
  async *watchNotes(_, ctx) {
    endsAtMs = () => (optionalPrincipalOf(ctx)?.expiresAtSeconds ?? Infinity) * 1000;
    for (let sequence = 1n; !ctx.signal.aborted; sequence += 1n) {
      const asked = new Promise<void>((resolve) => {
        send = resolve;
      });
      yield { sequence };
      await asked;
    }
  },
};

/** Read so many messages over a session whose tokens come from a function. @returns how many tokens it took */
async function follow(baseUrl: string): Promise<number> {
  let count = 0;
  const getToken = async (): Promise<string> => {
    count += 1;
    return tokenFor(LIFE_MS, { jti: `token-${count}` });
  };
  await using session = createSession({ baseUrl, source: fromFunction(getToken, { lifetimeMs: LIFE_MS }) });
  const client = createClient(NotesService, createNodeTransport({ baseUrl, session }));
  const stop = new AbortController();
  const seen: bigint[] = [];
  const read = async (): Promise<void> => {
    for await (const { sequence } of client.watchNotes({}, { signal: stop.signal })) {
      seen.push(sequence);
      if (seen.length === MESSAGES) {
        stop.abort();
      }
    }
  };
  const ended = expect(read()).rejects.toMatchObject({ code: Code.Canceled });
  for (let message = 1; message < MESSAGES; message += 1) {
    await eventually(() => seen.length === message || undefined, { intervalMs: 1 });
    // On a busy machine a renewal takes longer than several messages: the token must not run out before it arrives.
    await eventually(() => endsAtMs() - Date.now() > BETWEEN_MESSAGES_MS || undefined, { intervalMs: 1 });
    vi.advanceTimersByTime(BETWEEN_MESSAGES_MS);
    send();
  }
  await ended;
  expect(seen).toEqual(Array.from({ length: MESSAGES }, (_, index) => BigInt(index + 1)));
  return count;
}

test("a stream on tokens of another issuer goes on over their lives when its server says that it ends them", async () => {
  await using server = await startStreamServer(notes);
  expect(await follow(server.baseUrl)).toBeGreaterThan(2);
});

test("a server that says nothing of that is asked for nothing", async () => {
  await using server = await startForeignServer(notes);
  await follow(server.baseUrl);
  expect(server.unknownCalls()).toBe(0);
});
