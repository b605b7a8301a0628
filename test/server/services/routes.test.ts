import { createConnectRouter } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { createHealthService } from "../../../server/src/services/health.ts";
import { createHealthState } from "../../../server/src/services/health-state.ts";
import { createRoutes } from "../../../server/src/services/routes.ts";

describe("routes", () => {
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
    expect(createRoutes({ reflection: false }).services).toEqual([]);
  });
});
