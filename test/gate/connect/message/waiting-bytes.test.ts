import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { Access } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { describe, expect, it } from "vitest";
import type { AuthOptions } from "../../../../server/gate/src/connect/auth-options.ts";
import { createFetchHandler } from "../../../../server/gate/src/connect/create-fetch-handler.ts";
import { createEchoAuth, startEchoServers } from "../../../support/echo-server.ts";
import { echoService } from "../../../support/echo-service.ts";
import { notEmpty } from "../../../support/not-empty.ts";
import { issuer } from "../fixtures.ts";

const KIB = 1024;
const access = { access: Access.PUBLIC };
const service = echoService({
  Call: { policy: access },
  Upload: { policy: access, kind: "client_streaming" },
});
const PATH = "/test.v1.EchoService";

function createGuarded(limits: Pick<AuthOptions, "maxWaitingBytes" | "maxWaitingBytesPerConnection">) {
  return createEchoAuth(service, { issuers: [issuer], ...limits }).auth;
}

/** An envelope whose message has 1 MB, of which little comes. */
const BEGUN = Buffer.concat([Buffer.from([0, 0, 0x0f, 0x42, 0x40]), Buffer.alloc(16 * KIB)]);

/** Requests whose last byte does not come: about 16 KiB of each. */
const WITHHELD = [
  { name: "a message of Connect", path: `${PATH}/Call`, type: "application/json", body: BEGUN },
  { name: "a call of gRPC-Web", path: `${PATH}/Call`, type: "application/grpc-web+proto", body: BEGUN },
  { name: "a stream of Connect", path: `${PATH}/Upload`, type: "application/connect+proto", body: BEGUN },
] as const;

type Withheld = (typeof WITHHELD)[number];

describe("bytes that wait for the rest of their message, with createFetchHandler", () => {
  it.each(notEmpty(WITHHELD))(
    "are refused when there are too many, the oldest first: $name",
    async (sent) => {
      const handler = createFetchHandler(createGuarded({ maxWaitingBytes: 64 * KIB }));
      const over: number[] = [];
      const ends: (() => void)[] = [];
      for (let index = 0; index < 8; index += 1) {
        const taken = Promise.withResolvers<void>();
        let pulls = 0;
        const body = new ReadableStream<Uint8Array>(
          {
            start: (controller) => void ends.push(() => controller.error(new Error("the client has left"))),
            async pull(controller) {
              pulls += 1;
              if (pulls === 1) {
                controller.enqueue(sent.body);
                return;
              }
              // The first part has been taken, and counted: the next one does not come.
              taken.resolve();
              await new Promise(() => undefined);
            },
          },
          { highWaterMark: 0 },
        );
        const headers = { "content-type": sent.type };
        const request = new Request(`http://a${sent.path}`, { method: "POST", headers, body, ...HALF });
        void handler(request).then(() => over.push(index));
        await taken.promise;
      }
      await expect.poll(() => over.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4]);
      const small = await handler(callOf("{}"));
      expect(small.status).toBe(200);
      for (const end of ends) {
        end();
      }
    },
  );

  it("are told so in the protocol, and when to come again", async () => {
    const handler = createFetchHandler(createGuarded({ maxWaitingBytes: 8 * KIB }));
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(Buffer.alloc(16 * KIB, " ")),
    });
    const response = await handler(callOf(body));
    expect(response.status).toBe(429);
    expect(response.headers.get("retry-after")).toBe("1");
    expect(await response.json()).toMatchObject({
      code: "resource_exhausted",
      message: "too many bytes wait for the rest of their message",
    });
  });

  it("wait no longer when the message is whole", async () => {
    const handler = createFetchHandler(createGuarded({ maxWaitingBytes: 64 * KIB }));
    const text = JSON.stringify({ text: "x".repeat(30 * KIB) });
    for (let index = 0; index < 6; index += 1) {
      expect((await handler(callOf(text))).status).toBe(200);
    }
  });
});

it("bytes that a handler does not read are let go of with its answer", async () => {
  const { auth } = createEchoAuth(service, {
    issuers: [issuer],
    maxWaitingBytes: 64 * KIB,
    routes: (router) => void router.service(service, { upload: readOne } as never),
  });
  const handler = createFetchHandler(auth);
  let isOver = false;
  const oldest = new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(BEGUN) });
  void handler(callOf(oldest)).finally(() => (isOver = true));
  for (let index = 0; index < 8; index += 1) {
    const headers = { "content-type": "application/connect+proto" };
    const whole = Buffer.concat([Buffer.alloc(5), BEGUN]);
    const body = new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(whole) });
    const request = new Request(`http://a${PATH}/Upload`, { method: "POST", headers, body, ...HALF });
    expect(await (await handler(request)).text()).toContain("early");
  }
  expect(isOver).toBe(false);
});

/** Reads one message and no more, and does not say so. */
async function readOne(messages: AsyncIterable<unknown>) {
  await messages[Symbol.asyncIterator]().next();
  return { text: "early" };
}

/** The types of browsers do not know it. */
const HALF = { duplex: "half" } as const;

function callOf(body: string | ReadableStream<Uint8Array>): Request {
  const headers = { "content-type": "application/json" };
  return new Request(`http://a${PATH}/Call`, { method: "POST", headers, body, ...HALF });
}

describe("bytes that wait for the rest of their message, with Connect's adapter for Node", () => {
  it.each(notEmpty(WITHHELD))("are bounded for each connection: $name", async (sent) => {
    const auth = createGuarded({ maxWaitingBytesPerConnection: 64 * KIB });
    await using servers = await startEchoServers(auth);
    const [session, other] = [0, 1].map(() => connect(`http://127.0.0.1:${servers.http2Port}`));
    if (session === undefined || other === undefined) {
      throw new Error("there are two");
    }
    const elsewhere = withhold(other, sent);
    const streams: ReturnType<typeof withhold>[] = [];
    for (let index = 0; index < 8; index += 1) {
      streams.push(withhold(session, sent));
      await new Promise((resolve) => session.ping(resolve));
      expect(await callOnce(session)).toBe(200);
    }
    await expect.poll(() => streams.filter(({ isOver }) => !isOver).length).toBeLessThanOrEqual(3);
    expect([streams[0]?.isOver, streams.at(-1)?.isOver, elsewhere.isOver]).toEqual([true, false, false]);
    session.destroy();
    other.destroy();
  });
});

function withhold(session: ClientHttp2Session, { path, type, body }: Withheld) {
  const stream = session.request({ ":method": "POST", ":path": path, "content-type": type });
  const opened: { readonly stream: ClientHttp2Stream; isOver: boolean } = { stream, isOver: false };
  const end = (): void => {
    opened.isOver = true;
  };
  stream.on("error", end).on("close", end).on("response", end).resume();
  stream.write(body);
  return opened;
}

async function callOnce(session: ClientHttp2Session): Promise<number> {
  const fields = { ":method": "POST", ":path": `${PATH}/Call`, "content-type": "application/json" };
  const stream = session.request(fields);
  stream.end("{}");
  const [head] = await once(stream, "response");
  stream.resume();
  return Number(head[":status"]);
}

it("the limits are numbers, and names that are known", () => {
  expect(() => createGuarded({ maxWaitingBytes: 0 })).toThrow(
    new TypeError("maxWaitingBytes must be a positive whole number"),
  );
  expect(() => createGuarded({ maxWaitingBytesPerConnection: 0.5 })).toThrow(
    new TypeError("maxWaitingBytesPerConnection must be a positive whole number"),
  );
});
