import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { Access } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { describe, expect, test } from "vitest";
import type { Auth } from "../../../server/gate/src/connect/create-auth.ts";
import { createFetchHandler } from "../../../server/gate/src/connect/create-fetch-handler.ts";
import { buildRequestListener } from "../../../server/node/src/build-server.ts";
import { createEchoAuth } from "../../support/echo-server.ts";
import { echoService } from "../../support/echo-service.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { signToken } from "../../support/tokens.ts";
import { issuer, issuerKey } from "./fixtures.ts";

const policy = { access: Access.AUTHENTICATED };
const service = echoService({
  Unary: { policy },
  Server: { policy, kind: "server_streaming" },
  Upload: { policy, kind: "client_streaming" },
});

const token = signToken(issuerKey);
const JSON_TEXT = "application/grpc-web-text+json";

interface Host extends AsyncDisposable {
  readonly ask: (path: string, init: RequestInit) => Promise<Response>;
}

async function serve(handle: Parameters<typeof createServer>[1]): Promise<Host> {
  const server = createServer(handle);
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    ask: (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

const hosts = {
  createFetchHandler(auth: Auth): Host {
    const handler = createFetchHandler(auth);
    return {
      ask: (path, init) => handler(new Request(`https://app.example${path}`, init)),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  },
  listen: (auth: Auth) => serve(buildRequestListener({ ...auth }).handle),
  connectNodeAdapter: (auth: Auth) => serve(connectNodeAdapter({ ...auth })),
};

/** One message of JSON in its frame, in base64. */
function toText(message: object): string {
  const json = Buffer.from(JSON.stringify(message));
  const head = Buffer.alloc(5);
  head.writeUInt32BE(json.length, 1);
  return Buffer.concat([head, json]).toString("base64");
}

/** The messages and the trailer of an answer. Node skips what is no base64, so its padding is cut off frame by frame. */
function readFrames(text: string): readonly string[] {
  const bytes = Buffer.concat((text.match(/[^=]+=*/g) ?? []).map((each) => Buffer.from(each, "base64")));
  const frames: string[] = [];
  for (let at = 0; at < bytes.length; at += 5 + bytes.readUInt32BE(at + 1)) {
    frames.push(bytes.toString("utf8", at + 5, at + 5 + bytes.readUInt32BE(at + 1)));
  }
  return frames;
}

interface Asked {
  readonly method?: string;
  readonly type?: string;
  readonly body?: BodyInit;
  readonly isAnonymous?: boolean;
}

function callOf({ method = "Unary", type = JSON_TEXT, body = toText({ text: "a" }), isAnonymous }: Asked) {
  const headers = { "content-type": type, ...(isAnonymous ? {} : { authorization: `Bearer ${token}` }) };
  return [`/test.v1.EchoService/${method}`, { method: "POST", headers, body, duplex: "half" }] as const;
}

describe.each(Object.entries(hosts))("gRPC-Web's text mode in %s", (_, open) => {
  async function ask(
    asked: Asked,
  ): Promise<{ readonly response: Response; readonly frames: readonly string[] }> {
    await using host = await open(createEchoAuth(service, { issuers: [issuer] }).auth);
    const response = await host.ask(...callOf(asked));
    return { response, frames: readFrames(await response.text()) };
  }

  test.each(notEmpty(["Unary", "Server", "Upload"]))(
    "answers %s in base64, with its trailer",
    async (method) => {
      const { response, frames } = await ask({ method });
      expect(response.headers.get("content-type")).toBe(JSON_TEXT);
      expect(frames).toEqual(['{"text":"usr_ada"}', expect.stringContaining("grpc-status: 0\r\n")]);
    },
  );

  test("answers in the kind of the request, and the plain type with messages in binary", async () => {
    const { response } = await ask({ type: "application/grpc-web-text", body: "AAAAAAA=" });
    expect(response.headers.get("content-type")).toBe("application/grpc-web-text+proto");
  });

  test("refuses in base64, before there is a body", async () => {
    // Over HTTP/1.1 this client waits until it has sent its body.
    const body = open === hosts.createFetchHandler ? new ReadableStream<Uint8Array>() : toText({});
    const { response, frames } = await ask({ isAnonymous: true, body });
    expect(response.status).toBe(200);
    expect(frames.at(-1)).toMatch(/grpc-status: 16\r\n/);
  });

  test("takes several texts with padding, one for each frame", async () => {
    const { frames } = await ask({ method: "Upload", body: toText({ text: "a" }) + toText({ text: "bc" }) });
    expect(frames[0]).toBe('{"text":"usr_ada"}');
  });

  test.each(notEmpty(["!", "AAAA*", "AAAAAA", `${toText({})}A`]))(
    "refuses %j, which is no base64",
    async (body) => {
      const { frames } = await ask({ method: "Unary", body });
      expect(frames.at(-1)).toMatch(/grpc-status: 3\r\n/);
      expect(frames.at(-1)).toContain("base64");
    },
  );

  test("holds messages to their size when decoded", async () => {
    const size = async (bytes: number): Promise<string | undefined> =>
      (await ask({ type: "application/grpc-web-text+proto", body: binaryText(bytes) })).frames.at(-1);
    expect(await size(4 * 1024 * 1024)).toContain("grpc-status: 0");
    expect(await size(4 * 1024 * 1024 + 1)).toContain("grpc-status: 8");
  });

  test("answers what is no gRPC-Web as it was", async () => {
    expect((await ask({ type: "application/grpc-web-texts" })).response.status).toBe(415);
    expect((await ask({ type: "application/grpc-web-text+xml" })).response.status).toBe(415);
  });
});

/** A message with a text, in all of so many bytes. */
function binaryText(bytes: number): string {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes, 1);
  const text = Buffer.alloc(bytes, "a");
  const length = bytes - 5;
  text.set([
    0x0a,
    (length & 127) | 128,
    ((length >> 7) & 127) | 128,
    ((length >> 14) & 127) | 128,
    length >> 21,
  ]);
  return Buffer.concat([head, text]).toString("base64");
}
