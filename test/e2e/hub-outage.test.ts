import { Code, ConnectError } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { clientSecret } from "../../server/gate/src/signals/client-secret.ts";
import { createSignals } from "../../server/gate/src/signals/create-signals.ts";
import { startListening } from "../gate/signals/own-servers.ts";
import { findFreePort } from "../support/free-port.ts";
import { signIn } from "../support/rpc.ts";
import { runCountersign, startServer } from "../support/server-process.ts";
import { createTemporaryFolder, databaseParent } from "../support/temporary-folder.ts";

const STALE_AFTER_MS = 1_500;

test("a server of one's own refuses calls and ends streams while its hub is stopped, and refuses what was revoked while it was killed", async () => {
  await using folder = await createTemporaryFolder(databaseParent());
  const place = { COUNTERSIGN_DATA_DIR: folder.path };
  const options = { dataDir: folder.path, env: { COUNTERSIGN_PORT: String(await findFreePort()) } };
  await using hub = await startServer(options);
  const { stdout } = await runCountersign(["client", "add", "billing", "--signals", "--json"], place);
  const { secret } = JSON.parse(stdout);
  await using signals = createSignals({
    issuer: hub.baseUrl,
    credential: clientSecret("billing", secret),
    staleAfterMs: STALE_AFTER_MS,
    onError: () => {},
  });
  await using server = await startListening(hub.baseUrl, { signals, audience: "countersign-demo" });
  await server.auth.ready;
  const { accessToken, sessionId } = await signIn(hub.baseUrl);
  const fate = (): Promise<Code | "good"> =>
    server.call(accessToken).then(
      () => "good",
      (error: unknown) => ConnectError.from(error).code,
    );
  expect(await fate()).toBe("good");
  const events = server.watch(accessToken);
  await events.next();

  process.kill(hub.program.pid, "SIGSTOP");
  await expect.poll(fate).toBe(Code.Unavailable);
  // Its session may have been revoked meanwhile.
  await expect(events.next()).rejects.toMatchObject({ code: Code.Unavailable });
  process.kill(hub.program.pid, "SIGCONT");
  await expect.poll(fate).toBe("good");

  await hub.program.end("SIGKILL");
  await runCountersign(["session", "revoke", sessionId], place);
  await expect.poll(fate).toBe(Code.Unavailable);
  await using _again = await startServer(options);
  // From the first word of the hub that is back, it is refused: it is never good again.
  const fates: (Code | "good")[] = [];
  await expect.poll(async () => fates[fates.push(await fate()) - 1]).toBe(Code.Unauthenticated);
  expect(fates).not.toContain("good");
});
