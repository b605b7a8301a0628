import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { Access } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { describe, expect, test } from "vitest";
import { principalOf } from "../../../server/gate/src/connect/principal-context.ts";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { guardOwnSource } from "../../../server/gate/src/keys/own-source.ts";
import { type Answer, createEchoAuth, echoRoutes } from "../../support/echo-server.ts";
import { echoService } from "../../support/echo-service.ts";
import { issuer, seenIn } from "./fixtures.ts";

const service = echoService(
  { Unary: {}, Server: { kind: "server_streaming" }, Upload: { kind: "client_streaming" } },
  { access: Access.PUBLIC },
);

interface EchoClient {
  unary(request: object): Promise<unknown>;
  server(request: object): AsyncIterable<unknown>;
  upload(requests: AsyncIterable<object>): Promise<unknown>;
}

async function* none() {}

async function drain(messages: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of messages) {
  }
}

const kinds: Readonly<Record<string, (client: EchoClient) => Promise<unknown>>> = {
  unary: (client) => client.unary({}),
  "server stream": (client) => drain(client.server({})),
  "client stream": (client) => client.upload(none()),
};

/** What a caller sees of what a handler throws. */
async function seen(run: (client: EchoClient) => Promise<unknown>, answer: Answer) {
  const { auth, errors } = createEchoAuth(service, {
    issuers: [issuer],
    routes: echoRoutes(service, answer),
  });
  const { routes, requestGate, interceptors } = auth;
  const transport = createRouterTransport(routes, { router: { requestGate, interceptors } });
  // The methods of a service that is made at run time have no types of their own.
  const error = await run(createClient(service, transport) as unknown as EchoClient).then(
    () => undefined,
    seenIn,
  );
  return { code: error?.code, message: error?.message, reason: error?.reason, errors };
}

function throws(error: unknown): () => never {
  return () => {
    throw error;
  };
}

for (const [kind, run] of Object.entries(kinds)) {
  describe(`what a ${kind} handler throws (S1, S6)`, () => {
    test("is reported, too, when it is that a key source of the application's has failed", async () => {
      const broken = new RangeError("broken");
      const { isTrusted } = guardOwnSource({ find: () => key, isTrusted: throws(broken) }, "partner");
      const key = { kid: "one", algorithm: "ES256", key: {} as CryptoKey } as const; // never used
      expect(await seen(run, () => String(isTrusted(key)))).toMatchObject({
        code: Code.Unavailable,
        reason: "AUTH_UNAVAILABLE",
        errors: [{ message: "the key source of issuer partner failed", cause: broken }],
      });
    });

    test("is told by its reason when it is ours", async () => {
      expect(await seen(run, throws(new AuthError("REAUTH_REQUIRED", "sign in again")))).toEqual({
        code: Code.PermissionDenied,
        message: "sign in again",
        reason: "REAUTH_REQUIRED",
        errors: [],
      });
    });

    test("is left as it is when it is meant for the caller", async () => {
      expect(await seen(run, throws(new ConnectError("no such note", Code.NotFound)))).toMatchObject({
        code: Code.NotFound,
        message: "no such note",
        errors: [],
      });
    });

    test("is cut when its message is longer than a client may take", async () => {
      for (const error of [
        new ConnectError("x".repeat(5000), Code.NotFound),
        new AuthError("REAUTH_REQUIRED", "x".repeat(5000)),
      ]) {
        expect((await seen(run, throws(error))).message).toBe(`${"x".repeat(1000)}\u2026`);
      }
    });

    test("leaks nothing and is reported when it is neither", async () => {
      const error = new Error("secret");
      expect(await seen(run, throws(error))).toEqual({
        code: Code.Internal,
        message: "internal error",
        reason: undefined,
        errors: [error],
      });
    });

    test("is an error of the server when it asks a PUBLIC method for its principal (S7)", async () => {
      const { code, errors } = await seen(run, (ctx) => principalOf(ctx).subject);
      expect(code).toBe(Code.Internal);
      expect(errors).toEqual([
        new TypeError("a public method has no principal: principalOf cannot be used in it"),
      ]);
    });
  });
}
