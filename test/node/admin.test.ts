import { describe, expect, it } from "vitest";
import { createMetrics } from "../../server/cli/src/operate/metrics.ts";
import { type AdminOptions, createAdminHandler } from "../../server/node/src/admin.ts";
import { ask, serveHandler } from "./serving.ts";

const metrics = { contentType: "text/plain", metrics: async () => "" };

const serveAdmin = (options: Partial<AdminOptions> = {}) =>
  serveHandler(createAdminHandler({ metrics, isReady: () => true, ...options }));

describe("the operator's port", () => {
  it("says that the process lives, ready or not", async () => {
    await using serving = await serveAdmin({ isReady: () => false });
    const { status, body } = await ask(serving.origin, { path: "/livez" });
    expect({ status, body: JSON.parse(body) }).toEqual({ status: 200, body: { status: "live" } });
  });

  it("says whether the server takes calls", async () => {
    let ready = true;
    await using serving = await serveAdmin({ isReady: async () => ready });
    expect((await ask(serving.origin, { path: "/readyz" })).status).toBe(200);
    ready = false;
    const { status, body } = await ask(serving.origin, { path: "/readyz" });
    expect({ status, body: JSON.parse(body) }).toEqual({ status: 503, body: { status: "not ready" } });
  });

  it("says more about the server when asked to, which changes no status", async () => {
    const describe = () => ({ status: "broken", issuers: { "https://idp.example": "ok" } });
    await using serving = await serveAdmin({ describe });
    const { status, body } = await ask(serving.origin, { path: "/readyz" });
    expect({ status, body }).toEqual({
      status: 200,
      body: '{"status":"ready","issuers":{"https://idp.example":"ok"}}\n',
    });
  });

  it("is not ready when that can't be found out", async () => {
    const failure = new Error("broken");
    const told: unknown[] = [];
    const isReady = () => {
      throw failure;
    };
    await using serving = await serveAdmin({ isReady, onError: (error) => told.push(error) });
    expect((await ask(serving.origin, { path: "/readyz" })).status).toBe(503);
    expect(told).toEqual([failure]);
  });

  it("writes down the metrics of a registry of prom-client", async () => {
    const { registry, observer } = createMetrics();
    observer.audited?.({ type: "sign_in" });
    await using serving = await serveAdmin({ metrics: registry });
    const { headers, body } = await ask(serving.origin, { path: "/metrics" });
    expect(headers["content-type"]).toBe(registry.contentType);
    expect(body).toContain('countersign_events_total{type="sign_in",reason=""} 1');
  });

  for (const path of ["/", "/metrics/x", "/constructor", "//", "*"]) {
    it(`knows nothing else (${path})`, async () => {
      await using serving = await serveAdmin();
      expect((await ask(serving.origin, { path })).status).toBe(404);
    });
  }

  it("takes no POST", async () => {
    await using serving = await serveAdmin();
    expect((await ask(serving.origin, { method: "POST", path: "/metrics" })).status).toBe(405);
  });
});
