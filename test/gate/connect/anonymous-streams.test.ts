import {
  Code,
  type ConnectRouter,
  type ContextValues,
  createClient,
  createContextValues,
  createRouterTransport,
} from "@connectrpc/connect";
import { Access } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { describe, expect, test, vi } from "vitest";
import {
  type AnonymousStreamLimits,
  createAnonymousStreams,
  resolveAnonymousStreams,
} from "../../../server/gate/src/connect/anonymous-streams.ts";
import { keepNodeRequest } from "../../../server/gate/src/connect/node-request.ts";
import { setPeer } from "../../../server/gate/src/connect/peer.ts";
import { createEchoAuth } from "../../support/echo-server.ts";
import { echoService } from "../../support/echo-service.ts";
import { holdTime } from "../../support/fake-time.ts";
import { signToken } from "../../support/tokens.ts";
import { issuer, issuerKey, seenIn } from "./fixtures.ts";

const service = echoService({
  Public: { policy: { access: Access.PUBLIC }, kind: "server_streaming" },
  Brief: {
    policy: { access: Access.OPTIONAL, stream: { maxAge: { nanos: 10_000_000 } } },
    kind: "server_streaming",
  },
  Optional: { policy: { access: Access.OPTIONAL }, kind: "bidi_streaming" },
});

interface Streams {
  public(request: object, options: object): AsyncIterable<unknown>;
  brief(request: object, options: object): AsyncIterable<unknown>;
  optional(requests: AsyncIterable<object>, options: object): AsyncIterable<unknown>;
}

async function* none() {}

holdTime();

/** What an adapter says of the call that comes next: nothing. */
const unknownPeer = (): ContextValues => createContextValues();

/** Routes whose adapter says something of each call. */
function withValues(routes: (router: ConnectRouter) => void, valuesOf: () => ContextValues) {
  return (router: ConnectRouter): void => {
    routes(router);
    const described = router.handlers.map((handler) =>
      Object.assign(
        (req: Parameters<typeof handler>[0]) => handler({ ...req, contextValues: valuesOf() }),
        handler,
      ),
    );
    router.handlers.splice(0, described.length, ...described);
  };
}

/** Handlers that answer three times, and never end by themselves. */
function setUp(anonymousStreams: Partial<AnonymousStreamLimits>, authorization = "") {
  async function* rest() {
    yield* [{}, {}, {}];
    await new Promise(() => {});
  }
  const { auth, clock } = createEchoAuth(service, {
    issuers: [issuer],
    anonymousStreams,
    routes: (router) => router.service(service, { public: rest, brief: rest, optional: rest } as object),
  });
  const adapter = { valuesOf: unknownPeer };
  const transport = createRouterTransport(withValues(auth.routes, () => adapter.valuesOf()));
  // The methods of a service that is made at run time have no types of their own.
  const client = createClient(service, transport) as unknown as Streams;
  let calls = new AbortController();
  const headers = authorization === "" ? {} : { authorization };
  const open = async (kind: keyof Streams, valuesOf = unknownPeer) => {
    adapter.valuesOf = valuesOf;
    const options = { headers, signal: calls.signal };
    const messages = kind === "optional" ? client.optional(none(), options) : client[kind]({}, options);
    const iterator = messages[Symbol.asyncIterator]();
    await iterator.next();
    return iterator;
  };
  const leave = () => {
    calls.abort();
    calls = new AbortController();
  };
  const pass = (ms: number) => {
    clock.advance(ms);
    vi.advanceTimersByTime(ms);
  };
  return { open, pass, leave };
}

const refusalOf = (opening: Promise<unknown>) => opening.then(() => undefined, seenIn);

describe("streams without a principal", () => {
  test("are counted together, whatever methods they are of, and no more when they end", async () => {
    const { open } = setUp({ maxTotal: 3 });
    await Promise.all([open("public"), open("optional"), open("public")]);
    expect(await refusalOf(open("optional"))).toMatchObject({
      code: Code.ResourceExhausted,
      reason: "RATE_LIMITED",
      retryDelay: 5,
    });
  });

  test("make room for others when their clients leave", async () => {
    const { open, leave } = setUp({ maxTotal: 1 });
    await open("public");
    expect(await refusalOf(open("public"))).toMatchObject({ reason: "RATE_LIMITED" });
    leave();
    expect(await refusalOf(open("public"))).toBeUndefined();
  });

  test("are counted for each peer, by the name that setPeer gave it", async () => {
    const { open } = setUp({ maxPerPeer: 1 });
    const from = (peer: string) => () => setPeer(createContextValues(), peer);
    await open("public", from("a"));
    await open("public", from("b"));
    expect(await refusalOf(open("optional", from("a")))).toMatchObject({ reason: "RATE_LIMITED" });
    expect(await refusalOf(open("optional", from("c")))).toBeUndefined();
  });

  const lives = [
    { kind: "public", maxAgeMs: 10, endedBy: "that of the server" },
    { kind: "optional", maxAgeMs: 10, endedBy: "that of the server" },
    { kind: "brief", maxAgeMs: 20, endedBy: "that of the policy, which is shorter" },
    { kind: "brief", maxAgeMs: 9, endedBy: "that of the server, which is shorter" },
  ] as const;

  test.each(lives)(
    "end at their longest life, and not before: $kind, $endedBy",
    async ({ kind, maxAgeMs }) => {
      const { open, pass } = setUp({ maxAgeMs });
      const iterator = await open(kind);
      pass(Math.min(maxAgeMs, 10) - 1);
      expect(await refusalOf(iterator.next())).toBeUndefined();
      pass(1);
      expect(await refusalOf(iterator.next())).toMatchObject({ reason: "STREAM_EXPIRED" });
    },
  );

  test.each(["public", "optional"] as const)(
    "are cut off when the client has not read their end after five seconds: %s",
    async (kind) => {
      const { open, pass } = setUp({ maxAgeMs: 10 });
      let cutOff = 0;
      const socket = { writableLength: 1, destroy: () => (cutOff += 1) };
      await open(kind, () => keepNodeRequest({ headers: { host: "a" }, rawHeaders: [], socket }));
      pass(10);
      pass(4_999);
      expect(cutOff).toBe(0);
      pass(1);
      expect(cutOff).toBe(1);
    },
  );

  test("are none of those that run on a token", async () => {
    const { open } = setUp({ maxTotal: 1 }, `Bearer ${signToken(issuerKey)}`);
    await open("optional");
    await open("optional");
    await open("public");
    expect(await refusalOf(open("public"))).toMatchObject({ reason: "RATE_LIMITED" });
  });
});

describe("the count of streams without a principal", () => {
  const countOf = (limits: Partial<AnonymousStreamLimits>) =>
    createAnonymousStreams(resolveAnonymousStreams(limits));

  test("is kept by peer, and whoever has closed one may open another", () => {
    const streams = countOf({ maxPerPeer: 2 });
    const close = streams.open("a");
    streams.open("a");
    streams.open("b");
    expect(() => streams.open("a")).toThrow("too many streams are open without a token");
    close();
    close();
    streams.open("a");
    expect(() => streams.open("a")).toThrow("too many streams are open without a token");
  });

  test("has defaults, and takes no nonsense", () => {
    expect(resolveAnonymousStreams()).toEqual({ maxAgeMs: 300_000, maxPerPeer: 100, maxTotal: 2_000 });
    expect(() => resolveAnonymousStreams({ maxTotal: 0 })).toThrow(
      new TypeError("anonymousStreams.maxTotal must be a positive whole number"),
    );
  });
});
