import { createServer as createHttp1Server } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { setImmediate } from "node:timers/promises";
import { Code, createClient, type ServiceImpl } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { guardNodeServer, type NodeServer } from "@countersign/node";
import { fromFunction } from "@countersign/sdk";
import { createNodeTransport, createSession } from "@countersign/sdk/node";
import { afterAll, describe, expect, test } from "vitest";
import { createAuth } from "../../../server/gate/src/connect/create-auth.ts";
import { principalOf } from "../../../server/gate/src/connect/principal-context.ts";
import { createRefusal } from "../../../server/gate/src/errors/refusal.ts";
import { startStreamServer, streamKey, tokenFor } from "../../gate/streams/stream-server.ts";
import { notEmpty } from "../../support/not-empty.ts";

// A client of a stream that has nothing to say yet learns from the header how long it may last.

interface Place extends AsyncDisposable {
  readonly baseUrl: string;
}

type Handle = ReturnType<typeof connectNodeAdapter>;

const LIFE_MS = 90_500;

const WAYS = [
  { protocol: "grpc", httpVersion: "2" },
  { protocol: "grpc-web", httpVersion: "2" },
  { protocol: "grpc-web", httpVersion: "1.1" },
  { protocol: "connect", httpVersion: "2" },
  { protocol: "connect", httpVersion: "1.1" },
] as const;

type Way = (typeof WAYS)[number];

const IDLE = 1n;
const REFUSING = 2n;
const LATE = 3n;

type OnWarning = (message: string) => void;

const notes: Partial<ServiceImpl<typeof NotesService>> = {
  async *watchNotes({ afterSequence }, ctx) {
    ctx.responseHeader.set("x-own", "set at once");
    if (afterSequence === IDLE) {
      await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
      return;
    }
    await setImmediate(); // the header goes out before
    ctx.responseHeader.set("x-own", "set at once");
    if (afterSequence === LATE) {
      ctx.responseHeader.append("x-own", "and later");
      ctx.responseHeader.set("x-late", "the value of it");
    }
    if (principalOf(ctx).tokenId === "token-1") {
      throw createRefusal("TOKEN_EXPIRED", "it has just expired");
    }
    yield { sequence: 7n };
  },
};

/** What serves the calls. */
const PLACES = {
  "the fast path": (onWarning) => startStreamServer(notes, { onWarning }),
  "Connect's handler": (onWarning) => startStreamServer(notes, { onWarning, streamFastPath: false }),
  "an adapter over HTTP/1.1 behind guardNodeServer": (onWarning) =>
    startAdapter(onWarning, (handle) => createHttp1Server(handle)),
  "an adapter over HTTP/2 behind guardNodeServer": (onWarning) =>
    startAdapter(onWarning, (handle) => createHttp2Server(handle)),
} as const satisfies Readonly<Record<string, (onWarning: OnWarning) => Promise<Place>>>;

async function startAdapter(onWarning: OnWarning, create: (handle: Handle) => NodeServer): Promise<Place> {
  const auth = createAuth({
    routes: (router) => router.service(NotesService, notes),
    issuers: [{ issuer: "https://issuer.example", keys: { jwks: { keys: [streamKey.jwk] } } }],
    audience: "ledger",
    onWarning,
  });
  const server: NodeServer = guardNodeServer(create(connectNodeAdapter({ ...auth })));
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      if ("closeAllConnections" in server) {
        server.closeAllConnections();
      }
      server.close();
    },
  };
}

/** A client of the SDK whose tokens are counted. */
function createCaller(baseUrl: string, way: Way) {
  let tokens = 0;
  const source = fromFunction(async () => tokenFor(LIFE_MS, { jti: `token-${++tokens}` }));
  const session = createSession({ baseUrl, source });
  const client = createClient(NotesService, createNodeTransport({ baseUrl, session, ...way }));
  return { client, tokens: () => tokens, [Symbol.dispose]: () => session.dispose() };
}

for (const [place, start] of Object.entries(PLACES)) {
  const ways = WAYS.filter(({ httpVersion }) => !/HTTP/.test(place) || place.includes(`HTTP/${httpVersion}`));

  describe(`over ${place}`, async () => {
    const warnings: string[] = [];
    const server = await start((message) => warnings.push(message));
    afterAll(() => server[Symbol.asyncDispose]());

    test.each(notEmpty(ways))("an idle stream has its header: $protocol, $httpVersion", async (way) => {
      using caller = createCaller(server.baseUrl, way);
      const stop = new AbortController();
      const { promise: header, resolve: onHeader } = Promise.withResolvers<Headers>();
      const events = caller.client.watchNotes({ afterSequence: IDLE }, { signal: stop.signal, onHeader });
      const first = events[Symbol.asyncIterator]().next();
      const received = await header;
      expect(Number(received.get("countersign-expires-in"))).toBeGreaterThan(0);
      expect(received.get("x-own")).toBe("set at once");
      expect(received.get("countersign-stream-owner")).not.toBeNull();
      stop.abort();
      await expect(first).rejects.toMatchObject({ code: Code.Canceled });
    });

    test.each(notEmpty(ways))(
      "row 29: one refused behind it is opened again: $protocol, $httpVersion",
      async (way) => {
        using caller = createCaller(server.baseUrl, way);
        const sequences: bigint[] = [];
        for await (const { sequence } of caller.client.watchNotes({ afterSequence: REFUSING })) {
          sequences.push(sequence);
        }
        expect({ sequences, tokens: caller.tokens() }).toEqual({ sequences: [7n], tokens: 2 });
      },
    );

    test("a header that is changed behind it is warned of, once a minute, with its name and without its value", async () => {
      const lost = () => warnings.filter((message) => message.includes("response header"));
      expect(lost()).toEqual([]);
      for (const way of ways) {
        using caller = createCaller(server.baseUrl, way);
        const { next } = caller.client.watchNotes({ afterSequence: LATE })[Symbol.asyncIterator]();
        await next();
      }
      expect(lost()).toEqual([
        "countersign.demo.v1.NotesService/WatchNotes changes x-own, x-late in the response header of a stream that has " +
          "been sent: its client does not get that. The header leaves when the stream opens: set it before the first await",
      ]);
    });
  });
}
