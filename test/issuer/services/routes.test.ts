import { createConnectRouter } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { createHealthService } from "../../../server/gate/src/services/health.ts";
import { createHealthState } from "../../../server/gate/src/services/health-state.ts";
import { createRoutes } from "../../../server/issuer/src/services/routes.ts";
import { ask, serve } from "../../node/serving.ts";

describe("routes", () => {
  it("let nobody send large messages to the services that anyone may call", async () => {
    const { routes } = createRoutes({ health: createHealthService(createHealthState([])) });
    await using serving = await serve({ routes });
    const check = (service: string) =>
      ask(serving.origin, {
        method: "POST",
        path: "/grpc.health.v1.Health/Check",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ service }),
      });
    expect((await check("")).status).toBe(200);
    const { status, body } = await check("x".repeat(64 * 1024));
    expect([status, JSON.parse(body).code]).toEqual([429, "resource_exhausted"]);
  });

  it("register what is given, and nothing else", () => {
    const { routes, services } = createRoutes({ health: createHealthService(createHealthState([])) });
    const router = createConnectRouter();
    routes(router);
    expect(router.handlers.map(({ requestPath }) => requestPath)).toEqual([
      "/grpc.health.v1.Health/Check",
      "/grpc.health.v1.Health/Watch",
    ]);
    expect(services.map(({ typeName }) => typeName)).toEqual(["grpc.health.v1.Health"]);
    expect(createRoutes({}).services).toEqual([]);
  });
});
