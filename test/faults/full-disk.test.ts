import { Code, ConnectError } from "@connectrpc/connect";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from "@countersign/gen/grpc/health/v1/health_pb.js";
import { expect, test } from "vitest";
import { openDatabase } from "../../server/issuer/src/store/database.ts";
import { fillUp } from "../issuer/store/unwritable.ts";
import { startCluster } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { clientOf, signIn } from "../support/rpc.ts";

const METRICS = /http:\/\/127\.0\.0\.1:\d+(?=\/metrics)/;

test("sessions that are ended while the disk is full are over on every server, and stay so; sign-ins are not ready meanwhile", async () => {
  await using cluster = await startCluster([{}, {}]);
  await using store = await openDatabase({ postgres: cluster.databaseUrl });
  const sessionsAt = (index: number, token?: string) =>
    clientOf(SessionService, {
      baseUrl: cluster.at(index).baseUrl,
      ...(token === undefined ? {} : { token }),
    });
  const codeOf = (call: Promise<unknown>) =>
    call.then(
      () => undefined,
      (error: unknown) => ConnectError.from(error).code,
    );
  const isOver = async (index: number, { accessToken, refreshToken }: Awaited<ReturnType<typeof signIn>>) => {
    const codes = await Promise.all([
      codeOf(sessionsAt(index, accessToken).whoAmI({})),
      codeOf(sessionsAt(index).refresh({ refreshToken, refreshId: crypto.randomUUID() })),
    ]);
    return codes.every((code) => code === Code.Unauthenticated) ? true : undefined;
  };
  const [admin] = await cluster.at(0).program.untilPrinted(METRICS);
  const readyz = async () => (await fetch(`${admin}/readyz`)).status;
  const health = clientOf(Health, { baseUrl: cluster.at(0).baseUrl });
  const [own, device, going] = [
    await signIn(cluster.at(0).baseUrl),
    await signIn(cluster.at(0).baseUrl),
    await signIn(cluster.at(0).baseUrl),
  ];

  const free = await fillUp(store);
  expect(await codeOf(signIn(cluster.at(0).baseUrl))).toBe(Code.Unavailable);
  const toldByOther = sessionsAt(0, going.accessToken).revokeSession({ sessionId: device.sessionId });
  expect(await codeOf(toldByOther)).toBe(Code.Unavailable);
  const signOut = sessionsAt(0, own.accessToken).signOut({});
  await expect(signOut).rejects.toThrow("could not be written down yet");
  for (const tokens of [own, device]) {
    expect(await isOver(0, tokens)).toBe(true);
    await eventually(() => isOver(1, tokens));
  }
  await eventually(async () => ((await readyz()) === 503 ? true : undefined));
  expect((await health.check({})).status).toBe(Status.NOT_SERVING);
  // Calls go on.
  expect(await codeOf(sessionsAt(1, going.accessToken).whoAmI({}))).toBeUndefined();

  await free();
  await eventually(async () => ((await readyz()) === 200 ? true : undefined));
  await signIn(cluster.at(0).baseUrl);
  await cluster.replace(0);
  await cluster.replace(1);
  for (const tokens of [own, device]) {
    expect([await isOver(0, tokens), await isOver(1, tokens)]).toEqual([true, true]);
  }
  await sessionsAt(0).refresh({ refreshToken: going.refreshToken, refreshId: crypto.randomUUID() });
});
