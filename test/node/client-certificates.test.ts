import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { request as httpsRequest } from "node:https";
import { text } from "node:stream/consumers";
import { Code, ConnectError, createClient, createContextKey, createContextValues } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { describe, expect, it } from "vitest";
import { listen } from "../../server/node/src/listener.ts";
import type { TlsOptions } from "../../server/node/src/tls-options.ts";
import { peerCertificateOf } from "../../server/node/src/tls-options.ts";
import { createSelfSigned, type SelfSigned } from "../support/self-signed.ts";
import { serve, serveHandler } from "./serving.ts";

const server = createSelfSigned();
// Signed by itself, and so its own authority.
const ada = createSelfSigned("ada");
const bob = createSelfSigned("bob");
const stranger = createSelfSigned("a stranger");

const fingerprintOf = ({ cert }: SelfSigned): string => new X509Certificate(cert).fingerprint256;

/** Ask who the server takes one for, over either version of HTTP; rejects when the handshake fails. */
const VERSIONS: Readonly<Record<string, (origin: string, client?: SelfSigned) => Promise<string>>> = {
  "HTTP/1.1": async (origin, client) => {
    const req = httpsRequest(origin, { ca: server.cert, ...client, agent: false }).end();
    const [res] = await once(req, "response");
    return await text(res);
  },
  "HTTP/2": async (origin, client) => {
    const session = connectHttp2(origin, { ca: server.cert, ...client });
    session.on("error", () => undefined);
    try {
      const stream = session.request({ ":path": "/" });
      const answered = once(stream, "response").then(() => text(stream));
      // TLS 1.3 tells of a refused certificate only when the client believes that it is connected.
      const refused = once(stream, "close").then(() => Promise.reject(new Error("there was no answer")));
      return await Promise.race([answered, refused]);
    } finally {
      session.destroy();
    }
  },
};

const serveTls = (tls: Partial<TlsOptions>) =>
  serveHandler((req, res) => res.end(peerCertificateOf(req)?.fingerprint256 ?? "nobody"), {
    tls: { ...server, ...tls },
  });

describe.each(Object.entries(VERSIONS))("over %s", (_, ask) => {
  it("asks no client for a certificate by default, and sees none", async () => {
    await using serving = await serveTls({});
    expect(await ask(serving.origin)).toBe("nobody");
    expect(await ask(serving.origin, ada)).toBe("nobody");
  });

  it("takes only clients whose certificate one of the authorities has signed", async () => {
    await using serving = await serveTls({ ca: [ada.cert, bob.cert] });
    expect(await ask(serving.origin, ada)).toBe(fingerprintOf(ada));
    expect(await ask(serving.origin, bob)).toBe(fingerprintOf(bob));
    await expect(ask(serving.origin, stranger)).rejects.toThrow();
    await expect(ask(serving.origin)).rejects.toThrow();
  });

  it("serves others too where it is told so, as nobody", async () => {
    await using serving = await serveTls({ ca: ada.cert, rejectUnauthorized: false });
    expect(await ask(serving.origin, ada)).toBe(fingerprintOf(ada));
    expect(await ask(serving.origin, stranger)).toBe("nobody");
    expect(await ask(serving.origin)).toBe("nobody");
  });
});

it("sees no certificate without TLS", async () => {
  await using serving = await serveHandler((req, res) => res.end(typeof peerCertificateOf(req)));
  expect(await (await fetch(serving.origin)).text()).toBe("undefined");
});

describe.each([true, false])("with the fast path: %s", (unaryFastPath) => {
  const certificateKey = createContextKey("nobody");
  const options = {
    unaryFastPath,
    contextValues: (req: Parameters<typeof peerCertificateOf>[0]) =>
      createContextValues().set(certificateKey, peerCertificateOf(req)?.fingerprint256 ?? "nobody"),
  };
  it.each(["1.1", "2"] as const)(
    "a handler learns of it from the context values, over HTTP/%s",
    async (httpVersion) => {
      const seen: string[] = [];
      await using serving = await serve(
        {
          ...options,
          routes: (router) =>
            router.service(NotesService, {
              createNote(_, { values }) {
                seen.push(values.get(certificateKey));
                return { title: values.get(certificateKey) };
              },
            }),
        },
        { tls: { ...server, ca: ada.cert } },
      );
      const call = (client: Partial<SelfSigned>) => {
        const nodeOptions = { ca: server.cert, ...client };
        const transport = createConnectTransport({ baseUrl: serving.origin, httpVersion, nodeOptions });
        return createClient(NotesService, transport).createNote({});
      };
      expect((await call(ada)).title).toBe(fingerprintOf(ada));
      const refused = await call({}).catch((reason: unknown) => ConnectError.from(reason).code);
      expect([Code.Unavailable, Code.Internal, Code.Aborted]).toContain(refused);
      expect(seen).toEqual([fingerprintOf(ada)]);
    },
  );
});

describe("options of TLS that contradict each other", () => {
  const cases: readonly [string, Partial<TlsOptions>, RegExp][] = [
    ["certificates are asked for, and no authority is named", { requestCert: true }, /needs tls\.ca/],
    [
      "an authority is named, and none is asked for",
      { ca: ada.cert, requestCert: false },
      /without requestCert/,
    ],
    ["clients are refused that are not asked", { rejectUnauthorized: true }, /without requestCert/],
  ];
  it.each(cases)("are refused: %s", async (_, tls, message) => {
    await expect(listen({ handle: () => undefined }, { tls: { ...server, ...tls } })).rejects.toThrow(
      message,
    );
  });

  it("are not: any certificate is taken, and none is verified", async () => {
    await using serving = await serveTls({ requestCert: true, rejectUnauthorized: false });
    expect(await VERSIONS["HTTP/2"]?.(serving.origin, stranger)).toBe("nobody");
  });
});
