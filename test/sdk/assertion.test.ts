import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createRouterTransport } from "@connectrpc/connect";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { createSession } from "@countersign/sdk";
import { createSession as createNodeSession, fromFile } from "@countersign/sdk/node";
import { createFakeClock } from "@countersign/sdk/testing";
import { decodeJwt } from "jose";
import { expect, test } from "vitest";
import { startOwnIssuer } from "../support/own-issuer.ts";
import { startSessionServer } from "../support/session-server.ts";
import { addTestClient } from "../support/sign-ins.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";
import { TEST_ISSUER } from "../support/test-issuer.ts";
import { createSigningKey, ISSUED_AT_SECONDS, signToken } from "../support/tokens.ts";

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

const K8S = "https://kubernetes.default.svc";
const ACCOUNT = "system:serviceaccount:billing:worker";

test("a workload signs in with the token that its platform keeps in a file, and without one it waits", async () => {
  const key = createSigningKey("RS256", "k8s-1");
  const issuer = { issuer: K8S, keys: { jwks: { keys: [key.jwk] } }, insecure: { allowMissingType: true } };
  await using own = await startOwnIssuer([], { federatedIssuers: [{ issuer, clientsOnly: true }] });
  const rights = {
    scopes: ["notes:read"],
    roles: [],
    grants: ["client_credentials"],
    mayIntrospect: false,
  } as const;
  await own.issuer.clients.create({
    ...rights,
    clientId: "worker",
    trust: { issuer: K8S, subjects: [ACCOUNT] },
  });
  await using folder = await createTemporaryFolder();
  const path = join(folder.path, "token");
  await using session = createNodeSession({
    baseUrl: "https://auth.example",
    transport: createRouterTransport((router) => own.issuer.routes(router)),
    assertion: fromFile(path),
  });
  await expect(session.token()).rejects.toMatchObject({
    reason: "REFRESH_UNAVAILABLE",
    cause: { message: `${path} cannot be read` },
  });
  const times = { iat: ISSUED_AT_SECONDS, exp: ISSUED_AT_SECONDS + 3_600 };
  await writeFile(
    path,
    signToken(key, { iss: K8S, sub: ACCOUNT, aud: [TEST_ISSUER], ...times }, { typ: undefined }),
  );
  await using later = createNodeSession({
    baseUrl: "https://auth.example",
    transport: createRouterTransport((router) => own.issuer.routes(router)),
    assertion: fromFile(path),
  });
  expect(decodeJwt(await later.token())).toMatchObject({ client_id: "worker", scope: "notes:read" });
});
