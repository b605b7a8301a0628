import { createConnectRouter } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { Access } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { expect, test } from "vitest";
import { createCallValues } from "../../../server/gate/src/connect/call-state.ts";
import { sendHttp1 } from "../../hostile/send.ts";
import { createEchoAuth, startEchoServers } from "../../support/echo-server.ts";
import { echoService } from "../../support/echo-service.ts";
import { issuer } from "./fixtures.ts";

const service = echoService({ Call: { policy: { access: Access.AUTHENTICATED } } });

test("what is lost without contextValues is said once, and only when a call shows it", async () => {
  const { auth, warnings } = createEchoAuth(service, { issuers: [issuer] });
  const { contextValues: _, ...without } = auth;
  const options = { ...without, contextValues: () => createCallValues() } as typeof auth;
  await using servers = await startEchoServers(options);
  expect(warnings).toEqual([]);
  const send = () => sendHttp1(servers.http1Port, { name: "bare", fields: [], outcome: "passed" });
  expect([(await send()).status, (await send()).status]).toEqual([401, 401]);
  expect(warnings).toEqual([expect.stringContaining("was not given the contextValues of createAuth")]);
});

test("nothing is said where everything was spread", async () => {
  const { auth, warnings } = createEchoAuth(service, { issuers: [issuer] });
  await using servers = await startEchoServers(auth);
  await sendHttp1(servers.http1Port, { name: "spread", fields: [], outcome: "passed" });
  auth.routes(createConnectRouter());
  connectNodeAdapter({ ...auth });
  expect(warnings).toEqual([]);
});
