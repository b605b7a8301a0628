import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate } from "node:timers/promises";
import type { DescService } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { expressConnectMiddleware } from "@connectrpc/connect-express";
import { fastifyConnectPlugin } from "@connectrpc/connect-fastify";
import { Access, OnExpiry } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { guardNodeServer } from "@countersign/node";
import express from "express";
import { fastify } from "fastify";
import { describe, expect, test } from "vitest";
import {
  CORS_ALLOWED_HEADERS,
  CORS_ALLOWED_METHODS,
  CORS_EXPOSED_HEADERS,
} from "../../../server/gate/src/connect/cors-headers.ts";
import type { Auth } from "../../../server/gate/src/connect/create-auth.ts";
import { createFetchHandler } from "../../../server/gate/src/connect/create-fetch-handler.ts";
import { createEchoAuth } from "../../support/echo-server.ts";
import { echoService } from "../../support/echo-service.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { signToken } from "../../support/tokens.ts";
import { issuer, issuerKey } from "./fixtures.ts";
import { enveloped } from "./message/hosts.ts";

// A page of another origin gets through to servers of one's own, whose CORS is that of the framework, with our lists.

const APP = "https://app.example";
const policy = { access: Access.AUTHENTICATED };
const service = echoService({
  Call: { policy },
  Watch: { policy: { ...policy, stream: { onExpiry: OnExpiry.RENEW } }, kind: "server_streaming" },
});
const handlers = {
  call: () => ({}),
  async *watch() {
    await setImmediate(); // a header that goes out when the stream opens goes out before
    await setImmediate();
    yield {};
  },
} as unknown as Partial<ServiceImpl<DescService>>; // it has these methods

const FIELDS = {
  "access-control-allow-origin": APP,
  "access-control-expose-headers": CORS_EXPOSED_HEADERS.join(),
};
const PREFLIGHT_FIELDS = {
  ...FIELDS,
  "access-control-allow-methods": CORS_ALLOWED_METHODS.join(),
  "access-control-allow-headers": CORS_ALLOWED_HEADERS.join(),
};

interface Asked extends Pick<RequestInit, "method" | "body"> {
  readonly headers: Readonly<Record<string, string>>;
}

interface Host extends AsyncDisposable {
  ask(path: string, init: RequestInit): Promise<Response>;
}

const hostAt = (port: number, close: () => unknown): Host => ({
  ask: (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init),
  [Symbol.asyncDispose]: async () => void (await close()),
});

const HOSTS: Readonly<Record<string, (auth: Auth) => Promise<Host>>> = {
  async Express(auth) {
    const app = express()
      .use((req, res, next) => {
        if (req.method === "OPTIONS") {
          res.set(PREFLIGHT_FIELDS).sendStatus(204);
        } else {
          res.set(FIELDS);
          next();
        }
      })
      .use(expressConnectMiddleware({ ...auth }));
    const server = guardNodeServer(createServer(app));
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    return hostAt((server.address() as AddressInfo).port, () => {
      server.closeAllConnections();
      server.close();
    });
  },
  async Fastify(auth) {
    const app = fastify({ forceCloseConnections: true });
    app.addHook("onRequest", async ({ method }, reply) =>
      method === "OPTIONS" ? reply.headers(PREFLIGHT_FIELDS).code(204).send() : void reply.headers(FIELDS),
    );
    await app.register(fastifyConnectPlugin, { ...auth });
    guardNodeServer(app.server);
    await app.listen({ host: "127.0.0.1", port: 0 });
    return hostAt((app.server.address() as AddressInfo).port, () => app.close());
  },
  async "the Fetch API"(auth) {
    const handler = createFetchHandler(auth);
    const answer = async (request: Request): Promise<Response> => {
      if (request.method === "OPTIONS") {
        return new Response(null, { status: 204, headers: PREFLIGHT_FIELDS });
      }
      const { status, headers, body } = await handler(request);
      return new Response(body, { status, headers: { ...Object.fromEntries(headers), ...FIELDS } });
    };
    return {
      ask: (path, init) => answer(new Request(`http://127.0.0.1${path}`, init)),
      [Symbol.asyncDispose]: async () => {},
    };
  },
};

/** What pages may read anyway (https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name), or never need. */
const PLAIN = ["cache-control", "content-length", "content-type", "expires", "last-modified", "pragma"];
const OF_THE_CONNECTION = ["connection", "keep-alive", "transfer-encoding", "vary", "x-powered-by"];

const hidden = (headers: Headers): readonly string[] => {
  const readable = [
    ...PLAIN,
    ...OF_THE_CONNECTION,
    ...CORS_EXPOSED_HEADERS.map((name) => name.toLowerCase()),
  ];
  return [...headers.keys()].filter(
    (name) => !name.startsWith("access-control-") && !readable.includes(name),
  );
};

describe.each(notEmpty(Object.entries(HOSTS)))("a page of another origin, served by %s", (_, start) => {
  const { auth } = createEchoAuth(service, {
    issuers: [issuer],
    routes: (router) => void router.service(service, handlers),
  });
  const call = (host: Host, method: string, { headers, ...init }: Asked) =>
    host.ask(`/${service.typeName}/${method}`, {
      method: "POST",
      ...init,
      headers: { origin: APP, "connect-protocol-version": "1", ...headers },
    });

  test("may send every header of the list: the preflight asks no gate", async () => {
    await using host = await start(auth);
    const asks = { "access-control-request-method": "POST" };
    const { status, headers } = await call(host, "Call", { method: "OPTIONS", headers: asks });
    expect(status).toBe(204);
    expect(headers.get("access-control-allow-headers")).toBe(CORS_ALLOWED_HEADERS.join());
  });

  test("reads all that a stream says before its first message", async () => {
    await using host = await start(auth);
    const authorization = `Bearer ${signToken(issuerKey)}`;
    const response = await call(host, "Watch", {
      headers: { authorization, "content-type": "application/connect+json" },
      body: enveloped(Buffer.from("{}")),
    });
    expect(await response.text()).toContain("{}");
    expect(response.headers.get("access-control-allow-origin")).toBe(APP);
    expect(response.headers.get("countersign-expires-in")).not.toBeNull();
    expect(response.headers.get("countersign-stream-owner")).not.toBeNull();
    expect(hidden(response.headers)).toEqual([]);
  });

  test("reads all that a refusal says", async () => {
    await using host = await start(auth);
    const response = await call(host, "Call", {
      headers: { "content-type": "application/json" },
      body: "{}",
    });
    expect(response.status).toBe(401);
    expect(response.headers.get("access-control-allow-origin")).toBe(APP);
    expect(response.headers.get("www-authenticate")).not.toBeNull();
    expect(hidden(response.headers)).toEqual([]);
  });
});
