import { fromBinary, type Message } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, createConnectRouter } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { describe, expect, test } from "vitest";
import { buildRequestListener } from "../../../../server/node/src/build-server.ts";
import { listen } from "../../../../server/node/src/listener.ts";
import { methodOf } from "../../../support/echo-service.ts";
import { notEmpty } from "../../../support/not-empty.ts";
import {
  authOf,
  binary,
  HOSTS,
  json,
  KIB,
  listenWith,
  type Seen,
  send,
  service,
  textOf,
  WAYS,
} from "./hosts.ts";

describe("fields that a message does not have", () => {
  const UNKNOWN = Uint8Array.from([0xa0, 6, 1, 0x0a, 1, 0x61]);
  test.each(notEmpty(Object.entries(HOSTS)))(
    "are dropped, and kept for a service that asks for it: %s",
    async (_, start) => {
      const kept: Record<string, readonly unknown[]> = {};
      for (const [name, options] of [
        ["by default", {}],
        ["asked for", { keepUnknownFields: new Set([service]) }],
      ] as const) {
        const seen: Seen = [];
        await using host = await start(authOf(seen, options));
        for (const way of Object.values(WAYS)) {
          await send(host, way(UNKNOWN, true));
        }
        kept[name] = seen.map(({ $unknown }) => $unknown?.length ?? 0);
      }
      expect(kept).toEqual({ "by default": [0, 0, 0, 0], "asked for": [1, 1, 1, 1] });
    },
  );
});

describe("a handler that passes messages on", () => {
  const { input } = methodOf(service, "Unary");
  const forward = {
    unary: (message: Message) => message,
    async *server(message: Message) {
      yield message;
    },
    async upload(messages: AsyncIterable<Message>) {
      const [only] = await collect(messages);
      return only;
    },
    chat: (messages: AsyncIterable<Message>) => messages,
  } as object;

  /** Send a message to a method of each kind. @returns how many unknown fields came back, or the code of its error */
  async function forwardEach(options: object, sent: Uint8Array, isFast: boolean) {
    const auth = authOf([], {
      routes: (router) => void router.service(service, forward),
      ...options,
    });
    const listener = await listen(buildRequestListener({ ...auth, unaryFastPath: isFast }), { port: 0 });
    const client: ForwardClient = createClient(
      service,
      createGrpcTransport({ baseUrl: listener.origin }),
    ) as never;
    const message = fromBinary(input, sent);
    const outcomes: Record<string, number | string | undefined> = {};
    for (const [kind, call] of Object.entries({
      unary: () => client.unary(message),
      server: async () => (await collect(client.server(message)))[0],
      upload: () => client.upload(once(message)),
      chat: async () => (await collect(client.chat(once(message))))[0],
    })) {
      outcomes[kind] = await call().then(
        (answer) => answer?.$unknown?.length,
        (error: unknown) => Code[ConnectError.from(error).code],
      );
    }
    await listener.close(0);
    return outcomes;
  }

  const KEEPS = { keepUnknownFields: new Set([service]) };
  const all = <Outcome>(outcome: Outcome) => ({
    unary: outcome,
    server: outcome,
    upload: outcome,
    chat: outcome,
  });

  test.each([true, false])(
    "passes on fields that it does not know if its service keeps them, within the same limits, with the fast paths: %s",
    async (isFast) => {
      const three = Uint8Array.from([0xa0, 6, 1, 0x0a, 1, 0x61, 0xa0, 6, 2, 0xa8, 6, 3]);
      expect(await forwardEach({}, three, isFast)).toEqual(all(undefined));
      expect(await forwardEach(KEEPS, three, isFast)).toEqual(all(3));
      const many = binary["many unknown fields"] ?? expect.fail();
      expect(await forwardEach(KEEPS, many, isFast)).toEqual(all("ResourceExhausted"));
    },
  );
});

/** The client of a service that is made at run time has no types of its own. */
interface ForwardClient {
  unary(message: Message): Promise<Message>;
  server(message: Message): AsyncIterable<Message>;
  upload(messages: AsyncIterable<Message>): Promise<Message>;
  chat(messages: AsyncIterable<Message>): AsyncIterable<Message>;
}

async function* once(message: Message): AsyncGenerator<Message> {
  yield message;
}

async function collect(messages: AsyncIterable<Message>): Promise<Message[]> {
  const all: Message[] = [];
  for await (const message of messages) {
    all.push(message);
  }
  return all;
}

describe("limits can be other ones", () => {
  test("of a server", async () => {
    const seen: Seen = [];
    const messageLimits = {
      jsonMaxBytes: 4 * KIB * KIB,
      maxDepth: 90,
      maxElements: 1e6,
      jsonMaxElements: 1e6,
    };
    await using host = await listenWith(authOf(seen, { messageLimits }), true);
    await send(host, {
      path: "Unary",
      contentType: "application/proto",
      body: binary["many fields"] ?? expect.fail(),
    });
    await send(host, {
      path: "Unary",
      contentType: "application/json",
      body: json["deep ones"] ?? expect.fail(),
    });
    await send(host, {
      path: "Unary",
      contentType: "application/json",
      body: json["a large one"] ?? expect.fail(),
    });
    expect(seen).toHaveLength(3);
  });

  test.each(notEmpty(Object.entries(HOSTS)))("of a service, lower or higher: %s", async (_, start) => {
    const sizes: Record<number, boolean> = {};
    for (const readMaxBytes of [KIB, 64 * KIB]) {
      const seen: Seen = [];
      const handlers = { unary: (message: Message) => ({ count: BigInt(seen.push(message)) }) } as object;
      const auth = authOf(seen, {
        readMaxBytes: 8 * KIB,
        routes: (router) => void router.service(service, handlers, { readMaxBytes }),
      });
      await using host = await start(auth);
      await send(host, { path: "Unary", contentType: "application/proto", body: textOf(32 * KIB) });
      sizes[readMaxBytes] = seen.length === 1;
    }
    expect(sizes).toEqual({ [KIB]: false, [64 * KIB]: true });
  });

  const wrong: Readonly<Record<string, object>> = {
    "messageLimits.maxDepth must be a positive whole number": { maxDepth: 0 },
    "messageLimits.jsonMaxBytes must be a positive whole number": { jsonMaxBytes: "1 MiB" },
    "messageLimits has no option maxElement: did you mean maxElements?": { maxElement: 1 },
  };
  test.each(notEmpty(Object.entries(wrong)))("%s", (message, messageLimits) => {
    expect(() => authOf([], { messageLimits })).toThrow(message);
  });
});

test("a router that leaves protocols out has routes that leave them out, also with options of their own", () => {
  for (const options of [{ grpc: false }, { grpcWeb: false, connect: false }]) {
    const router = createConnectRouter(options);
    authOf([], { routes: (inner) => void inner.service(service, {}, { readMaxBytes: KIB }) }).routes(router);
    const names = new Set(router.handlers.flatMap(({ protocolNames }) => protocolNames));
    expect(names).toEqual(new Set("grpc" in options ? ["grpc-web", "connect"] : ["grpc"]));
  }
});
