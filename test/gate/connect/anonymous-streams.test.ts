import { Code, createClient, createRouterTransport } from "@connectrpc/connect";
import { Access } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { describe, expect, test } from "vitest";
import {
  type AnonymousStreamLimits,
  createAnonymousStreams,
  resolveAnonymousStreams,
} from "../../../server/gate/src/connect/anonymous-streams.ts";
import { createEchoAuth } from "../../support/echo-server.ts";
import { echoService } from "../../support/echo-service.ts";
import { signToken } from "../../support/tokens.ts";
import { issuer, issuerKey, seenIn } from "./fixtures.ts";

const service = echoService({
  Public: { policy: { access: Access.PUBLIC }, kind: "server_streaming" },
  Optional: { policy: { access: Access.OPTIONAL }, kind: "bidi_streaming" },
});

interface Streams {
  public(request: object, options: object): AsyncIterable<unknown>;
  optional(requests: AsyncIterable<object>, options: object): AsyncIterable<unknown>;
}

async function* none() {}

/** Handlers that never end by themselves. */
function setUp(anonymousStreams: Partial<AnonymousStreamLimits>, authorization = "") {
  async function* rest() {
    yield {};
    await new Promise(() => {});
  }
  const { auth, clock } = createEchoAuth(service, {
    issuers: [issuer],
    anonymousStreams,
    routes: (router) => router.service(service, { public: rest, optional: rest } as object),
  });
  const transport = createRouterTransport(auth.routes);
  // The methods of a service that is made at run time have no types of their own.
  const client = createClient(service, transport) as unknown as Streams;
  let calls = new AbortController();
  const headers = authorization === "" ? {} : { authorization };
  const open = async (kind: "public" | "optional") => {
    const options = { headers, signal: calls.signal };
    const messages = kind === "public" ? client.public({}, options) : client.optional(none(), options);
    const iterator = messages[Symbol.asyncIterator]();
    await iterator.next();
    return iterator;
  };
  const leave = () => {
    calls.abort();
    calls = new AbortController();
  };
  return { open, clock, leave };
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

  test("end at their longest life", async () => {
    const { open, clock } = setUp({ maxAgeMs: 10 });
    for (const kind of ["public", "optional"] as const) {
      const iterator = await open(kind);
      clock.advance(10);
      expect(await refusalOf(iterator.next())).toMatchObject({ reason: "STREAM_EXPIRED" });
    }
  });

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
