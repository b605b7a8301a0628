import { randomBytes } from "node:crypto";
import { createSecureServer } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { Code, ConnectError } from "@connectrpc/connect";
import { expressConnectMiddleware } from "@connectrpc/connect-express";
import { fastifyConnectPlugin } from "@connectrpc/connect-fastify";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { reasonOf } from "@countersign/sdk";
import express from "express";
import { fastify } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildRequestListener } from "../../../server/node/src/build-server.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { type Serving, serveHandler } from "../serving.ts";
import {
  type BoundClient,
  billing,
  type Caller,
  clients,
  clientsOf,
  createBoundAuth,
  echo,
  eve,
  selfMade,
  server,
  thumbprintOf,
  tokenOf,
  WAYS,
} from "./bound-server.ts";

const { auth, events } = createBoundAuth();
let serving: Serving;

beforeAll(async () => {
  const tls = { ...server, ca: clients.cert, rejectUnauthorized: false };
  serving = await serveHandler(buildRequestListener({ ...auth }), { tls });
});

afterAll(() => serving?.[Symbol.asyncDispose]());

type UnaryName = Exclude<keyof BoundClient, "chat">;

/** What comes of a call: its answer, or why it was refused. */
async function outcomeOf(baseUrl: string, caller: Caller, name: UnaryName = "call", way = WAYS[0] ?? "grpc") {
  try {
    return (await clientsOf(baseUrl, way, caller).echo[name](echo)).text;
  } catch (error) {
    return reasonOf(error) ?? ConnectError.from(error).message;
  }
}

const token = tokenOf(billing);

describe.each(notEmpty([...WAYS]))("over %s, a token that is bound to a certificate (RFC 8705 §3)", (way) => {
  const call = (caller: Caller, name: UnaryName = "call") => outcomeOf(serving.origin, caller, name, way);

  test("is taken from the client that has it", async () => {
    expect(await call({ certificate: billing, token })).toBe(thumbprintOf(billing));
    expect(await call({ certificate: billing, token }, "bound")).toBe(thumbprintOf(billing));
    expect(await call({ certificate: selfMade, token: tokenOf(selfMade) }, "bound")).toBe(
      thumbprintOf(selfMade),
    );
  });

  test("is refused from any other", async () => {
    expect(await call({ token })).toBe("TOKEN_INVALID");
    expect(await call({ certificate: eve, token })).toBe("TOKEN_INVALID");
    expect(await call({ certificate: selfMade, token })).toBe("TOKEN_INVALID");
    const headers = { "client-cert": `:${Buffer.from(billing.cert).toString("base64")}:` };
    expect(await call({ certificate: eve, token, headers })).toBe("TOKEN_INVALID");
  });
});

test("a bearer token passes with and without a certificate, unless the method needs a binding", async () => {
  expect(await outcomeOf(serving.origin, { token: tokenOf() })).toBe("none");
  expect(await outcomeOf(serving.origin, { token: tokenOf(), certificate: eve })).toBe(thumbprintOf(eve));
  expect(await outcomeOf(serving.origin, { token: tokenOf(), certificate: eve }, "bound")).not.toBe(
    thumbprintOf(eve),
  );
});

test("the audit says which certificate came, and the challenge that the token is invalid", async () => {
  const call = clientsOf(serving.origin, "connect, HTTP/1.1", { certificate: eve, token }).echo.call(echo);
  const error = ConnectError.from(await call.catch((reason: unknown) => reason));
  expect(error.code).toBe(Code.Unauthenticated);
  expect(error.metadata.get("www-authenticate")).toContain('error="invalid_token"');
  expect(events.at(-1)).toMatchObject({
    check: "sender",
    expected: `certificate ${thumbprintOf(billing)}`,
    got: thumbprintOf(eve),
  });
});

describe("a rule over the certificate", () => {
  const rules: readonly [UnaryName, Caller, boolean][] = [
    ["mesh", { certificate: billing, token: tokenOf() }, true],
    ["mesh", { certificate: billing, token }, true],
    ["mesh", { certificate: eve, token: tokenOf() }, false],
    ["mesh", { certificate: selfMade, token: tokenOf() }, false],
    ["mesh", { certificate: selfMade, token: tokenOf(selfMade) }, false],
    ["mesh", { token: tokenOf() }, false],
    ["named", { certificate: billing, token: tokenOf() }, true],
    ["named", { certificate: eve, token: tokenOf() }, false],
    ["named", { certificate: selfMade, token: tokenOf() }, false],
    ["named", { token: tokenOf() }, false],
    ["notEve", { certificate: billing, token: tokenOf() }, true],
    ["notEve", { certificate: eve, token: tokenOf() }, false],
    ["notEve", { token: tokenOf() }, false],
    ["open", { certificate: billing }, true],
    ["open", { certificate: billing, token }, false],
    ["open", { certificate: eve }, false],
    ["open", {}, false],
  ];
  // Twice, and all callers share one token: what a rule has read of one must not be taken for another.
  test.each(notEmpty([...rules, ...rules]))("%s %#", async (name, caller, isAllowed) => {
    const outcome = await outcomeOf(serving.origin, caller, name, "grpc");
    expect(outcome).toMatch(isAllowed ? /^[\w-]{43}$/ : /^POLICY_DENIED$/);
  });
});

describe("a stream on a bound token", () => {
  /** Open a stream that answers each message that is sent. */
  async function openChat() {
    const streamId = randomBytes(16).toString("base64url");
    let send: () => void = () => undefined;
    async function* messages() {
      for (;;) {
        yield echo;
        await new Promise<void>((resolve) => {
          send = resolve;
        });
      }
    }
    const own = clientsOf(serving.origin, "grpc", { certificate: billing, token });
    const headers = { "countersign-stream-id": streamId };
    const answers = own.echo.chat(messages(), { headers })[Symbol.asyncIterator]();
    await answers.next();
    const ask = () => {
      send();
      return answers.next();
    };
    return { own, streamId, answers, ask };
  }

  test("does not open over the connection of another client", async () => {
    const other = clientsOf(serving.origin, "grpc", { certificate: eve, token });
    const answers = other.echo.chat(
      (async function* () {
        yield echo;
      })(),
    );
    await expect(answers[Symbol.asyncIterator]().next()).rejects.toThrow("the access token is not valid");
  });

  test("is renewed by its own client only, and others leave it unharmed", async () => {
    const { own, streamId, ask, answers } = await openChat();
    const renewBy = (caller: Caller) =>
      clientsOf(serving.origin, "connect, HTTP/2", caller)
        .streams.renew({ streamIds: [streamId] })
        .then(({ streams }) => streams.length, reasonOf);
    const thieves: readonly Caller[] = [
      { token },
      { certificate: eve, token },
      { certificate: selfMade, token },
      // Tokens of the same session that are bound to another certificate, or to none.
      { certificate: eve, token: tokenOf(eve) },
      { certificate: billing, token: tokenOf() },
    ];
    const refusals = await Promise.all(thieves.map(renewBy));
    expect(refusals).toEqual([...Array(3).fill("TOKEN_INVALID"), "POLICY_DENIED", "POLICY_DENIED"]);
    expect((await ask()).value?.text).toBe(thumbprintOf(billing));
    expect(await renewBy({ certificate: billing, token: tokenOf(billing, { jti: "next" }) })).toBe(1);
    expect((await ask()).value?.text).toBe(thumbprintOf(billing));
    expect((await own.streams.renew({ streamIds: [streamId] })).streams).toHaveLength(1);
    await answers.return?.(undefined);
  });
});

const HTTPS = { ...server, ca: clients.cert, requestCert: true, rejectUnauthorized: false };
const adapter = connectNodeAdapter({ ...auth });

describe.each(
  notEmpty([
    ["node:https", () => createHttpsServer(HTTPS, adapter), "connect, HTTP/1.1"],
    ["http2.createSecureServer", () => createSecureServer(HTTPS, adapter), "grpc"],
    [
      "Express, node:https",
      () => createHttpsServer(HTTPS, express().use(expressConnectMiddleware({ ...auth }))),
      "connect, HTTP/1.1",
    ],
    [
      "Fastify, HTTP/2",
      async () => {
        const app = fastify({ http2: true, https: HTTPS });
        await app.register(fastifyConnectPlugin, { ...auth });
        await app.ready();
        return app.server;
      },
      "grpc",
    ],
  ] as const),
)("an adapter of Connect: %s", (_, createServer, way) => {
  test("has the same", async () => {
    const other: Server = await createServer();
    await new Promise<void>((resolve) => void other.listen(0, "127.0.0.1", resolve));
    const origin = `https://127.0.0.1:${(other.address() as AddressInfo).port}`; // it listens on TCP
    expect(await outcomeOf(origin, { certificate: billing, token }, "bound", way)).toBe(
      thumbprintOf(billing),
    );
    expect(await outcomeOf(origin, { certificate: eve, token }, "bound", way)).toBe("TOKEN_INVALID");
    expect(await outcomeOf(origin, { certificate: billing, token }, "mesh", way)).toBe(thumbprintOf(billing));
    other.close();
  });
});
