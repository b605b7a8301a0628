import { Code, ConnectError, type ConnectRouter, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from "@countersign/gen/grpc/health/v1/health_pb.js";
import { describe, expect, it } from "vitest";
import { createHealthService } from "../../../server/gate/src/services/health.ts";
import { createHealthState } from "../../../server/gate/src/services/health-state.ts";
import { serve } from "../../node/serving.ts";

async function serveHealth() {
  const state = createHealthState([Health]);
  let subscribers = 0;
  const { promise: unsubscribed, resolve } = Promise.withResolvers<void>();
  const source = {
    status: (service: string) => state.status(service),
    subscribe(listener: () => void) {
      subscribers += 1;
      const end = state.subscribe(listener);
      return () => {
        end();
        resolve();
      };
    },
  };
  const shutdown = new AbortController();
  const routes = (router: ConnectRouter) => void router.service(Health, createHealthService(source));
  const serving = await serve({ routes, shutdownSignal: shutdown.signal });
  const client = createClient(Health, createGrpcTransport({ baseUrl: serving.origin }));
  return { ...serving, state, client, shutdown, unsubscribed, subscribers: () => subscribers };
}

describe("health", () => {
  it("tells the state of the server and of each service", async () => {
    await using serving = await serveHealth();
    for (const service of ["", "grpc.health.v1.Health"]) {
      serving.state.set("NOT_SERVING");
      expect((await serving.client.check({ service })).status).toBe(Status.NOT_SERVING);
      serving.state.set("SERVING");
      expect((await serving.client.check({ service })).status).toBe(Status.SERVING);
    }
  });

  it("does not know a service that is not served", async () => {
    await using serving = await serveHealth();
    const error = await serving.client.check({ service: "a.B" }).then(
      () => undefined,
      (reason: unknown) => ConnectError.from(reason),
    );
    expect([error?.code, error?.rawMessage]).toEqual([Code.NotFound, "the service is not served here"]);
  });

  it("tells the state at once, and every change once", async () => {
    await using serving = await serveHealth();
    const watching = serving.client.watch({})[Symbol.asyncIterator]();
    const next = async () => (await watching.next()).value?.status;
    expect(await next()).toBe(Status.NOT_SERVING);
    serving.state.set("NOT_SERVING");
    serving.state.set("SERVING");
    expect(await next()).toBe(Status.SERVING);
    serving.state.set("NOT_SERVING");
    expect(await next()).toBe(Status.NOT_SERVING);
  });

  it("keeps watching a service that is not served", async () => {
    await using serving = await serveHealth();
    const watching = serving.client.watch({ service: "a.B" })[Symbol.asyncIterator]();
    expect((await watching.next()).value?.status).toBe(Status.SERVICE_UNKNOWN);
  });

  it("forgets a watcher that left", async () => {
    await using serving = await serveHealth();
    const call = new AbortController();
    const watching = serving.client.watch({}, { signal: call.signal })[Symbol.asyncIterator]();
    await watching.next();
    expect(serving.subscribers()).toBe(1);
    call.abort();
    await expect(watching.next()).rejects.toThrow("[canceled]");
    await serving.unsubscribed;
  });

  it("ends its watches with the reason of the shutdown", async () => {
    await using serving = await serveHealth();
    const watching = serving.client.watch({})[Symbol.asyncIterator]();
    await watching.next();
    serving.shutdown.abort(new ConnectError("the server is stopping", Code.Unavailable));
    await expect(watching.next()).rejects.toThrow("[unavailable] the server is stopping");
    await serving.unsubscribed;
  });
});
