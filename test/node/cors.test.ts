import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { describe, expect, it } from "vitest";
import { CORS_ALLOWED_HEADERS, CORS_EXPOSED_HEADERS } from "../../server/gate/src/connect/cors-headers.ts";
import { createCors } from "../../server/node/src/cors.ts";
import { ask, serve } from "./serving.ts";

const PATH = "/countersign.demo.v1.NotesService/CreateNote";
const APP = "https://app.example";

const preflight = (origin: string) => ({
  method: "OPTIONS",
  path: PATH,
  headers: {
    origin,
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization",
  },
});

/** Serve behind a gate that lets nobody in. */
const serveClosed = (allowedOrigins?: readonly string[], allowedHeaders?: readonly string[]) =>
  serve({
    routes: (router) => router.service(NotesService, {}),
    requestGate: () => {
      throw new Error("the gate was asked");
    },
    allowedOrigins,
    allowedHeaders,
  });

describe("CORS", () => {
  it("answers the preflight of a listed origin without asking the gate", async () => {
    await using serving = await serveClosed([APP]);
    const { status, headers } = await ask(serving.origin, preflight(APP));
    expect(status).toBe(204);
    expect(headers["access-control-allow-origin"]).toBe(APP);
    expect(headers["access-control-allow-credentials"]).toBe("true");
    expect(headers["access-control-allow-methods"]).toBe("POST, GET");
    expect(headers["access-control-allow-headers"]).toBe(CORS_ALLOWED_HEADERS.join(", "));
    expect(headers["access-control-max-age"]).toBe("7200");
    expect(headers.vary).toBe("Origin");
  });

  it("lets a listed origin read the answer of a refused call", async () => {
    await using serving = await serveClosed([APP]);
    const headers = { origin: APP, "content-type": "application/json" };
    const answer = await ask(serving.origin, { method: "POST", path: PATH, headers, body: "{}" });
    expect(answer.headers["access-control-allow-origin"]).toBe(APP);
    expect(answer.headers["access-control-expose-headers"]).toBe(CORS_EXPOSED_HEADERS.join(", "));
  });

  for (const origin of [
    "https://evil.example",
    "https://app.example.evil.example",
    "http://app.example",
    "null",
  ]) {
    it(`grants nothing to ${origin}`, async () => {
      await using serving = await serveClosed([APP]);
      const { status, headers } = await ask(serving.origin, preflight(origin));
      expect(status).toBe(204);
      expect(Object.keys(headers).filter((name) => name.startsWith("access-control-"))).toEqual([]);
      expect(headers.vary).toBe("Origin");
    });
  }

  it("grants nothing to anyone by default", async () => {
    await using serving = await serveClosed();
    const { headers } = await ask(serving.origin, preflight(serving.origin));
    expect(headers["access-control-allow-origin"]).toBeUndefined();
  });

  it("covers what carries proof of identity, and what says what to do next", () => {
    expect(CORS_ALLOWED_HEADERS).toEqual(
      expect.arrayContaining(["Authorization", "DPoP", "Countersign-Stream-Id", "X-Grpc-Web"]),
    );
    expect(CORS_EXPOSED_HEADERS).toEqual(
      expect.arrayContaining([
        "WWW-Authenticate",
        "DPoP-Nonce",
        "Retry-After",
        "Countersign-Expires-In",
        "Grpc-Status",
        "Date",
      ]),
    );
  });

  it("lets listed origins send the headers that are allowed beside ours", async () => {
    await using serving = await serveClosed([APP], ["traceparent", "Sentry-Trace"]);
    const { headers } = await ask(serving.origin, preflight(APP));
    expect(headers["access-control-allow-headers"]).toBe(
      [...CORS_ALLOWED_HEADERS, "traceparent", "Sentry-Trace"].join(", "),
    );
    const stranger = await ask(serving.origin, preflight("https://evil.example"));
    expect(stranger.headers["access-control-allow-headers"]).toBeUndefined();
  });

  it.each([
    "capacitor://localhost",
    "tauri://localhost",
    "chrome-extension://mhjfbmdgcfjbbpaeojofohoefgiehjai",
  ])("answers an app or an extension: %s", async (origin) => {
    await using serving = await serveClosed([origin]);
    const { headers } = await ask(serving.origin, preflight(origin));
    expect(headers["access-control-allow-origin"]).toBe(origin);
  });

  it("names the option and the entry that is no origin", () => {
    expect(() => createCors({ allowedOrigins: [APP, "https://*.app.example"] })).toThrow(
      new TypeError(
        'allowedOrigins: "https://*.app.example" has a *, and origins are compared as they are: list each of them',
      ),
    );
  });

  const noHeaders: readonly (readonly [unknown, string])[] = [
    ["*", 'allowedHeaders: "*" does not stand for all headers: list each of them'],
    ["", 'allowedHeaders: "" is not the name of a header'],
    ["a, b", 'allowedHeaders: "a, b" is not the name of a header'],
    ["x\r\nset-cookie: y", 'allowedHeaders: "x\\r\\nset-cookie: y" is not the name of a header'],
    [undefined, 'allowedHeaders: the name of a header is text such as "traceparent", not undefined'],
    [null, 'allowedHeaders: the name of a header is text such as "traceparent", not null'],
  ];
  it.each(noHeaders)("refuses %j as an allowed header", (name, says) => {
    expect(() => createCors({ allowedHeaders: [name as string] })).toThrow(new TypeError(says));
  });

  it("takes lists of headers only", () => {
    expect(() => createCors({ allowedHeaders: "traceparent" as never })).toThrow(
      new TypeError('allowedHeaders must be a list of headers such as ["traceparent"]'),
    );
  });
});
