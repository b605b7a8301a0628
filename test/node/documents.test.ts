import { describe, expect, it } from "vitest";
import type { Endpoint } from "../../server/gate/src/kernel/endpoint.ts";
import { createJsonDocument } from "../../server/gate/src/kernel/json-document.ts";
import type { RequestListenerOptions } from "../../server/node/src/listener-options.ts";
import { ask, serve } from "./serving.ts";

const PATH = "/.well-known/oauth-protected-resource";
const document = createJsonDocument({ read: () => ({ from: "auth" }) }, () => undefined);
const own: Endpoint = async () => Response.json({ from: "application" });

const serveDocument = (options: Partial<RequestListenerOptions> = {}) => {
  const warnings: string[] = [];
  const onWarning = (warning: string) => void warnings.push(warning);
  return serve({ documents: { [PATH]: document }, onWarning, ...options }).then((serving) => ({
    warnings,
    origin: serving.origin,
    [Symbol.asyncDispose]: () => serving[Symbol.asyncDispose](),
  }));
};

describe("the documents of createAuth", () => {
  it("are served at their paths and no other", async () => {
    await using serving = await serveDocument({ endpoints: { "/other": own } });
    expect(JSON.parse((await ask(serving.origin, { path: `${PATH}?x` })).body)).toEqual({ from: "auth" });
    expect((await ask(serving.origin, { path: "/other" })).body).toContain("application");
    for (const path of [`${PATH}/`, `${PATH}/x`, "/x/..%2f", `/x/..${PATH}`, PATH.toUpperCase()]) {
      expect((await ask(serving.origin, { path })).status, path).toBe(404);
    }
    expect(serving.warnings).toEqual([]);
  });

  it("never take the place of an endpoint of the application, which is said at start", async () => {
    await using serving = await serveDocument({ endpoints: { [PATH]: own } });
    expect((await ask(serving.origin, { path: PATH })).body).toContain("application");
    expect(serving.warnings).toEqual([
      `endpoint ${PATH} takes the place of the document that createAuth has for it`,
    ]);
  });

  it("come before pages, which may answer every path", async () => {
    await using serving = await serveDocument({ pages: async () => new Response("<p>page</p>") });
    expect((await ask(serving.origin, { path: PATH })).body).toContain("auth");
    expect((await ask(serving.origin, { path: "/x" })).body).toBe("<p>page</p>");
  });

  it("may be read by scripts of every origin, also where only some may call", async () => {
    await using serving = await serveDocument({ allowedOrigins: ["https://app.example"] });
    for (const origin of ["https://app.example", "https://stranger.example"]) {
      const headers = { origin, "access-control-request-method": "GET" };
      const preflight = await ask(serving.origin, { method: "OPTIONS", path: PATH, headers });
      expect(preflight.status).toBe(204);
      expect(preflight.headers["access-control-allow-origin"]).toBe("*");
      const answer = await ask(serving.origin, { path: PATH, headers: { origin } });
      expect(answer.headers["access-control-allow-origin"]).toBe("*");
      expect(answer.headers["access-control-allow-credentials"]).toBe(undefined);
    }
  });
});
