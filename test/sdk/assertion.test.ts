import { createRouterTransport } from "@connectrpc/connect";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { createSession } from "@countersign/sdk";
import { createFakeClock } from "@countersign/sdk/testing";
import { decodeJwt } from "jose";
import { expect, test } from "vitest";
import { startSessionServer } from "../support/session-server.ts";
import { addTestClient } from "../support/sign-ins.ts";

test("an assertion signs a client in when it is used, and again when its token has expired", async () => {
  await using server = await startSessionServer();
  const { assert } = await addTestClient(server.issuer, "worker", { key: true });
  const transport = createRouterTransport(({ service }) =>
    service(SessionService, { signIn: (request) => server.client.signIn(request) }),
  );
  const clock = createFakeClock();
  let assertions = 0;
  const assertion = async () => {
    assertions += 1;
    return `${assert()}\n`;
  };
  await using session = createSession({ baseUrl: "https://auth.example", transport, assertion, clock });
  const [first, same] = await Promise.all([session.token(), session.token()]);
  expect(same).toBe(first);
  expect(decodeJwt(first ?? "").client_id).toBe("worker");
  expect(assertions).toBe(1);
  clock.advance(3_600_000);
  expect(await session.token()).not.toBe(first);
  expect(assertions).toBe(2);
  expect(session.getSnapshot()).toMatchObject({ status: "signed_in", generation: 2 });
});
