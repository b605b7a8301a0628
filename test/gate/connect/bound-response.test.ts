import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { Code, ConnectError, createConnectRouter } from "@connectrpc/connect";
import { compressionGzip } from "@connectrpc/connect-node";
import { describe, expect, test } from "vitest";
import type { HandlerResponse } from "../../../server/gate/src/connect/route/bound-response.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { authOf, enveloped, service } from "./message/hosts.ts";

/** What Connect says of it, and the start of what it repeats. */
const SAID = "cannot decode field test.v1.Echo.count from JSON: expected bigint (int64): ";
const UNREAD = "\u20ac".repeat(50_000);
const CUT = `${(SAID + UNREAD).slice(0, 1_000)}\u2026`;

const STREAMS = ["Server", "Upload", "Chat"];

/** How each protocol says how it went: where its answers are compressed, and the message in what is read of it. */
const PROTOCOLS = [
  {
    type: "application/json",
    methods: ["Unary"],
    accept: "accept-encoding",
    messageOf: ({ body }: Answer): string => JSON.parse(body).message,
  },
  {
    type: "application/connect+json",
    methods: STREAMS,
    accept: "connect-accept-encoding",
    messageOf: ({ body }: Answer): string => JSON.parse(body).error.message,
  },
  {
    type: "application/grpc-web+json",
    methods: ["Unary", ...STREAMS],
    accept: "grpc-accept-encoding",
    messageOf: ({ body }: Answer): string =>
      decodeURIComponent(/^grpc-message: (.*)\r$/m.exec(body)?.[1] ?? ""),
  },
  {
    type: "application/grpc+json",
    methods: ["Unary", ...STREAMS],
    accept: "grpc-accept-encoding",
    messageOf: ({ trailer }: Answer): string => decodeURIComponent(trailer?.get("grpc-message") ?? ""),
  },
] as const;

interface Answer {
  /** Decompressed, without the head of its frame. */
  readonly body: string;
  readonly trailer: Headers | undefined;
}

async function read({ header, body, trailer }: HandlerResponse, isEnveloped: boolean): Promise<Answer> {
  const bytes = body === undefined ? Buffer.alloc(0) : await buffer(body);
  const isCompressed = isEnveloped ? ((bytes[0] ?? 0) & 1) === 1 : header?.has("content-encoding") === true;
  if (isEnveloped && bytes.length > 0) {
    expect(bytes.readUInt32BE(1)).toBe(bytes.length - 5);
  } else if (!isEnveloped) {
    expect(header?.get("content-length")).toBe(String(bytes.length));
  }
  const sent = bytes.subarray(isEnveloped ? 5 : 0);
  return { body: (isCompressed ? gunzipSync(sent) : sent).toString(), trailer };
}

/** Send a message that cannot be read, or one that a handler fails for. */
async function call(
  { type, accept }: (typeof PROTOCOLS)[number],
  name: string,
  { encoding, message }: { readonly encoding: string; readonly message: string },
): Promise<Answer> {
  const router = createConnectRouter({ acceptCompression: [compressionGzip, OWN], compressMinBytes: 1 });
  const fail = (): never => {
    throw new ConnectError(UNREAD, Code.Aborted);
  };
  const readAll = async (messages: AsyncIterable<unknown>): Promise<never> => {
    for await (const _ of messages) {
      // each is read before the handler fails
    }
    return fail();
  };
  async function* chat(messages: AsyncIterable<unknown>) {
    yield readAll(messages);
  }
  const routes = (inner: typeof router) =>
    void inner.service(service, { unary: fail, server: fail, upload: readAll, chat } as object);
  authOf([], { routes }).routes(router);
  const handler = router.handlers.find(({ method }) => method.name === name) ?? expect.fail();
  const isEnveloped = type !== "application/json";
  const bytes = Uint8Array.from(Buffer.from(message));
  const body = (async function* () {
    yield isEnveloped ? enveloped(bytes) : bytes;
  })();
  const response = await handler({
    ...{ httpVersion: "2.0", method: "POST", url: `http://localhost${handler.requestPath}`, body },
    header: new Headers({ "content-type": type, [accept]: encoding }),
    signal: new AbortController().signal,
  });
  return read(response, isEnveloped);
}

const OWN = { ...compressionGzip, name: "own" };

describe.each(notEmpty([...PROTOCOLS]))("the message of an error over $type", (protocol) => {
  const cases = protocol.methods.flatMap((name) =>
    ["identity", "gzip"].map((encoding) => ({ name, encoding })),
  );

  test.each(notEmpty(cases))(
    "is cut when Connect repeats in it what it cannot read: $name, $encoding",
    async ({ name, encoding }) => {
      const answer = await call(protocol, name, { encoding, message: `{"count":"${UNREAD}"}` });
      expect(protocol.messageOf(answer)).toBe(CUT);
    },
  );

  test.each(notEmpty(cases))(
    "is cut once when a handler has thrown it: $name, $encoding",
    async ({ name, encoding }) => {
      const answer = await call(protocol, name, { encoding, message: "{}" });
      expect(protocol.messageOf(answer)).toBe(`${UNREAD.slice(0, 1_000)}\u2026`);
    },
  );
});

test("what is compressed in a way of the application's own stays as it is", async () => {
  const [protocol] = PROTOCOLS;
  const { body } = await call(protocol, "Unary", { encoding: "own", message: `{"count":"${UNREAD}"}` });
  expect(JSON.parse(body).message).toContain(UNREAD);
});
