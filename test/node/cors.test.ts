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
const serveClosed = (allowedOrigins?: readonly string[]) =>
  serve({
    routes: (router) => router.service(NotesService, {}),
    requestGate: () => {
      throw new Error("the gate was asked");
    },
    ...(allowedOrigins === undefined ? {} : { allowedOrigins }),
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
      ]),
    );
  });

  for (const wrong of ["*", "null", "app.example", "https://app.example/", "https://app.example/path"]) {
    it(`refuses "${wrong}" as an allowed origin`, () => {
      expect(() => createCors([wrong])).toThrow(
        new TypeError(`"${wrong}" is not an origin such as https://app.example`),
      );
    });
  }
});
