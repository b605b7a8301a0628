import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { expect, test } from "vitest";
import { recordTraces } from "../../support/recorded-traces.ts";
import { clientOf } from "../../support/rpc.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";
import { startCommand } from "../running-command.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";

test("serve makes spans for a provider that was registered before, and its log names the trace", async () => {
  using traces = recordTraces();
  await using folder = await createTemporaryFolder();
  await using running = await startCommand(["serve", "--audience", "billing"], { dataDir: folder.path });
  const client = clientOf(SessionService, { ...running, protocol: "grpc" });
  const credential = { case: "password", value: { username: "ada", password: "wrong" } } as const;
  const headers = { traceparent: `00-${TRACE}-b7ad6b7169203331-01` };
  await expect(client.signIn({ credential }, { headers })).rejects.toThrow();
  await running.stop();
  const spans = traces.spans.filter(({ traceId }) => traceId === TRACE);
  expect(spans.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      "countersign.decide",
      "select accounts",
      "countersign.auth.v1.SessionService/SignIn",
    ]),
  );
  const line = running.terminal.warned.find((logged) => logged.includes("sign_in_failed"));
  expect(line).toContain(`"trace_id":"${TRACE}"`);
});
