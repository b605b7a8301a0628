import { createConnectRouter } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { Health } from "@countersign/gen/grpc/health/v1/health_pb.js";
import { ServerReflection as ReflectionV1 } from "@countersign/gen/grpc/reflection/v1/reflection_pb.js";
import { describe, expect, it } from "vitest";
import { AUTHENTICATED_POLICY, PUBLIC_POLICY } from "../../../server/gate/src/authorize/policy.ts";
import { createStandardServices } from "../../../server/gate/src/services/standard-services.ts";
import { ask, serve } from "../../node/serving.ts";

const nothing = () => {};

describe("standard services", () => {
  it("let nobody send large messages to the services that anyone may call", async () => {
    const { routes, health } = createStandardServices({ routes: nothing });
    health.set("SERVING");
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

  it("register what is given and themselves, and nothing else", () => {
    const standard = createStandardServices({
      routes: (router) => void router.service(NotesService, {}),
      reflection: "none",
    });
    const router = createConnectRouter();
    standard.routes(router);
    const added = router.handlers.filter(({ service }) => service !== NotesService);
    expect(added.map(({ requestPath }) => requestPath)).toEqual([
      "/grpc.health.v1.Health/Check",
      "/grpc.health.v1.Health/Watch",
    ]);
    expect(standard.services).toEqual([NotesService, Health]);
  });

  it("ask callers of reflection for a token unless they are told otherwise, and those of health never", () => {
    const policies = [{}, { reflection: "public" as const }, { reflection: "none" as const }].map(
      (options) => createStandardServices({ routes: nothing, ...options }).policies,
    );
    expect(policies.map((map) => map.get(Health))).toEqual([PUBLIC_POLICY, PUBLIC_POLICY, PUBLIC_POLICY]);
    expect(policies.map((map) => map.get(ReflectionV1))).toEqual([
      AUTHENTICATED_POLICY,
      PUBLIC_POLICY,
      undefined,
    ]);
  });

  it("do not serve at first", () => {
    const { health } = createStandardServices({ routes: nothing });
    expect(health.status("")).toBe("NOT_SERVING");
    expect(health.status("grpc.health.v1.Health")).toBe("NOT_SERVING");
    expect(health.status("a.B")).toBeUndefined();
  });
});
