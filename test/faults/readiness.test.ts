import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from "@countersign/gen/grpc/health/v1/health_pb.js";
import { expect, test } from "vitest";
import { startCluster } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { clientOf } from "../support/rpc.ts";

const METRICS = /http:\/\/127\.0\.0\.1:\d+(?=\/metrics)/;

test("a server whose Postgres is gone says that it is not ready, over both doors, and that it is when it is back", async () => {
  await using cluster = await startCluster([{}]);
  const server = cluster.at(0);
  const [admin] = await server.program.untilPrinted(METRICS);
  const readyz = async () => (await fetch(`${admin}/readyz`)).status;
  const health = clientOf(Health, { baseUrl: server.baseUrl });
  const status = async () => (await health.check({})).status;
  const until = (code: number) => eventually(async () => ((await readyz()) === code ? true : undefined));
  expect([await readyz(), await status()]).toEqual([200, Status.SERVING]);

  await cluster.postgres.stop("crash");
  await until(503);
  expect(await status()).toBe(Status.NOT_SERVING);
  expect((await fetch(`${admin}/livez`)).status).toBe(200);

  await cluster.postgres.start();
  await until(200);
  expect(await status()).toBe(Status.SERVING);
});
