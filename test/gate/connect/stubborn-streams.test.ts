import { create, type Message } from "@bufbuild/protobuf";
import {
  createClient,
  createHandlerContext,
  createRouterTransport,
  type HandlerContext,
  type Interceptor,
} from "@connectrpc/connect";
import { Access, OnExpiry } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { describe, expect, test } from "vitest";
import { createCallValues } from "../../../server/gate/src/connect/call-state.ts";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import type { Observer } from "../../../server/gate/src/kernel/observe.ts";
import { createEchoAuth } from "../../support/echo-server.ts";
import { echoService, methodOf } from "../../support/echo-service.ts";
import { goodClaims, signToken } from "../../support/tokens.ts";
import { issuer, issuerKey, seenIn } from "./fixtures.ts";

const service = echoService({
  Watch: { policy: { access: Access.AUTHENTICATED }, kind: "server_streaming" },
  Ruled: {
    policy: {
      access: Access.AUTHENTICATED,
      rule: "'admin' in principal.roles && request.text != 'secret'",
      stream: { onExpiry: OnExpiry.RENEW },
    },
    kind: "bidi_streaming",
  },
});

interface Streams {
  watch(request: object, options: object): AsyncIterable<unknown>;
  ruled(requests: AsyncIterable<object>, options: object): AsyncIterable<unknown>;
}

const headers = { authorization: `Bearer ${signToken(issuerKey, goodClaims({ roles: ["admin"] }))}` };
const revoked = new AuthError("SESSION_REVOKED", "the session has been revoked");

/** Streams whose handlers are these. */
function setUp(handlers: object, observe?: Observer, interceptors: readonly Interceptor[] = []) {
  const echo = createEchoAuth(service, {
    issuers: [issuer],
    routes: (router) => router.service(service, handlers),
    ...(observe === undefined ? {} : { observe }),
  });
  const transport = createRouterTransport(echo.auth.routes, { router: { interceptors: [...interceptors] } });
  // The methods of a service that is made at run time have no types of their own.
  return { ...echo, client: createClient(service, transport) as unknown as Streams };
}

const reasonOf = (next: Promise<unknown>) =>
  next.then(
    () => undefined,
    (error: unknown) => seenIn(error).reason,
  );

/** An iterable that answers once and then waits for ever. @param onReturn what happens when it is closed */
const waiting = (onReturn: () => never) => () => {
  let count = 0;
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => (count++ === 0 ? Promise.resolve({ done: false, value: {} }) : new Promise(() => {})),
      return: onReturn,
    }),
  };
};

describe("streams end all the same", () => {
  const open = async (client: Streams) => {
    const iterator = client.watch({}, { headers })[Symbol.asyncIterator]();
    await iterator.next();
    return iterator.next();
  };

  test("when one of them throws while it is closed", async () => {
    const { auth, client } = setUp({
      watch: waiting(() => {
        throw new Error("cannot be closed");
      }),
    });
    const ends = Promise.all([open(client), open(client), open(client)].map(reasonOf));
    await expect.poll(() => auth.streams.size).toBe(3);
    auth.streams.endWhere(() => true, revoked);
    expect(await ends).toEqual(["SESSION_REVOKED", "SESSION_REVOKED", "SESSION_REVOKED"]);
  });

  test("when what observes them throws, which is reported once", async () => {
    const broken = new Error("no more figures");
    const fail = () => {
      throw broken;
    };
    const observe = { streamOpened: fail, streamRenewed: fail, streamEnded: fail };
    const { auth, client, errors, warnings } = setUp({ watch: waiting(fail) }, observe);
    const ends = Promise.all([open(client), open(client)].map(reasonOf));
    await expect.poll(() => auth.streams.size).toBe(2);
    auth.streams.endWhere(() => true, revoked);
    expect(await ends).toEqual(["SESSION_REVOKED", "SESSION_REVOKED"]);
    expect(errors).toEqual([]);
    expect(warnings).toEqual([
      "an observer failed in streamOpened, and an event is lost: Error: no more figures",
    ]);
  });

  test.each([
    [
      "throws instead of rejecting",
      () => ({ [Symbol.asyncIterator]: () => ({ next: () => expect.fail("x") }) }),
    ],
    ["is none", () => undefined],
  ])("when what a handler returned %s, which is reported", async (_, watch) => {
    const { auth, client, errors } = setUp({ watch });
    const iterator = client.watch({}, { headers })[Symbol.asyncIterator]();
    await expect(iterator.next()).rejects.toThrow("internal error");
    expect([errors.length, auth.streams.size]).toEqual([1, 0]);
  });
});

describe("a renewal is held against the rule (S9)", () => {
  const streamId = "a".repeat(22);

  /** Open a stream and send one message. */
  async function openRuled() {
    const echo = setUp({
      async *ruled(requests: AsyncIterable<object>) {
        for await (const _ of requests) {
          yield {};
        }
      },
    });
    async function* one() {
      yield { text: "a" };
      await new Promise(() => {});
    }
    const options = { headers: { ...headers, "countersign-stream-id": streamId } };
    const iterator = echo.client.ruled(one(), options)[Symbol.asyncIterator]();
    await iterator.next();
    const lease = echo.auth.streams.find(streamId) ?? expect.fail();
    return { iterator, lease };
  }

  test("and goes on where it holds", async () => {
    const { lease } = await openRuled();
    const principal = { ...lease.principal, expiresAtSeconds: lease.principal.expiresAtSeconds + 60 };
    expect(lease.renew(principal)).toBeGreaterThan(0);
    expect(lease.principal).toBe(principal);
  });

  test("and ends where it does not: the role is gone", async () => {
    const { iterator, lease } = await openRuled();
    const before = lease.principal;
    const end = reasonOf(iterator.next());
    expect(lease.renew({ ...before, roles: [] })).toBe(0);
    expect(await end).toBe("POLICY_DENIED");
    expect(lease.principal).toBe(before);
  });
});

describe("streams are let go", () => {
  const replacing: Interceptor = (next) => (req) => next({ ...req, signal: new AbortController().signal });

  test("when their clients leave, though an interceptor of the adapter has replaced the signal", async () => {
    const { auth, client } = setUp(
      { watch: waiting(() => new Promise<never>(() => {}) as never) },
      undefined,
      [replacing],
    );
    const call = new AbortController();
    const iterator = client.watch({}, { headers, signal: call.signal })[Symbol.asyncIterator]();
    await iterator.next();
    expect(auth.streams.size).toBe(1);
    call.abort();
    await expect.poll(() => auth.streams.size).toBe(0);
  });

  test("when they end by themselves, before Connect is done with the call", async () => {
    async function* watch() {
      yield {};
    }
    const { auth } = setUp({ watch });
    const method = methodOf(service, "Watch");
    const ctx = createHandlerContext({
      ...{ service, method, protocolName: "connect", requestMethod: "POST", requestHeader: headers },
      url: "http://127.0.0.1/test.v1.EchoService/Watch",
      contextValues: createCallValues(),
    });
    await auth.requestGate(ctx);
    let impl: ((message: Message, ctx: HandlerContext) => AsyncIterable<unknown>) | undefined;
    auth.routes({
      handlers: [],
      rpc: () => expect.fail(),
      service(_, implementation) {
        impl ??= (implementation as Record<string, typeof impl>).watch; // beside it, there is StreamService
        return this;
      },
    });
    const iterator = impl?.(create(method.input), ctx)[Symbol.asyncIterator]();
    await iterator?.next();
    expect(auth.streams.size).toBe(1);
    expect(await iterator?.next()).toMatchObject({ done: true });
    expect([ctx.signal.aborted, auth.streams.size]).toEqual([false, 0]);
  });
});
