import { createConnectRouter } from "@connectrpc/connect";
import { Access } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { describe, expect, test } from "vitest";
import { withoutMessage } from "../../../server/gate/src/connect/route/without-message.ts";
import { echoService } from "../../support/echo-service.ts";
import { notEmpty } from "../../support/not-empty.ts";

const service = echoService({
  Unary: { policy: { access: Access.PUBLIC }, isReadOnly: true },
  Server: { policy: { access: Access.PUBLIC }, kind: "server_streaming" },
  Upload: { policy: { access: Access.PUBLIC }, kind: "client_streaming" },
  Chat: { policy: { access: Access.PUBLIC }, kind: "bidi_streaming" },
});

/** Serve with handlers that say that they were called, whatever they are called with. */
function setUp() {
  const called: string[] = [];
  const router = createConnectRouter();
  const note = (_: unknown, ctx: { readonly method: { readonly name: string } }) => {
    called.push(ctx.method.name);
    throw new Error("called");
  };
  const handlers = Object.fromEntries(service.methods.map(({ localName }) => [localName, note]));
  router.service(service, handlers as object);
  return { called, router };
}

async function* never(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  yield await new Promise<never>(() => {});
}

const types: Readonly<Record<string, readonly string[]>> = {
  Unary: ["application/json", "application/proto", "application/grpc", "application/grpc-web+json"],
  ...Object.fromEntries(
    ["Server", "Upload", "Chat"].map((name) => [
      name,
      [
        "application/connect+json",
        "application/connect+proto",
        "application/grpc+json",
        "application/grpc-web",
      ],
    ]),
  ),
};

const obstacles = {
  "content-encoding": "gzip",
  "connect-content-encoding": "br",
  "grpc-encoding": "zstd",
  "connect-timeout-ms": "soon",
  "grpc-timeout": "soon",
  "content-length": "9999999",
};

describe("a call without its message gets to its handler, and nothing of its body is read", () => {
  for (const [name, all] of Object.entries(types)) {
    test.each(notEmpty(all))(`${name}: %s`, async (type) => {
      const { called, router } = setUp();
      const handler = router.handlers.find(({ method }) => method.name === name) ?? expect.fail();
      const request = {
        ...{ httpVersion: "2.0", method: "POST", url: `http://localhost${handler.requestPath}` },
        header: new Headers({ "content-type": type, ...obstacles }),
        body: never(),
        signal: new AbortController().signal,
      };
      const response = await handler(withoutMessage(request));
      for await (const _ of response.body ?? []) {
      }
      expect(called).toEqual([name]);
    });
  }

  test("GET with a message that is none", async () => {
    const { called, router } = setUp();
    const handler = router.handlers.find(({ method }) => method.name === "Unary") ?? expect.fail();
    const query = "?connect=v1&encoding=proto&base64=1&compression=gzip&message=%25%25";
    await handler(
      withoutMessage({
        ...{ httpVersion: "1.1", method: "GET", url: `http://localhost${handler.requestPath}${query}` },
        header: new Headers(),
        body: never(),
        signal: new AbortController().signal,
      }),
    );
    expect(called).toEqual(["Unary"]);
  });
});
