import { readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { expect, test } from "vitest";
import type { AuditEvent } from "../../server/gate/src/kernel/audit.ts";
import { eventually } from "../support/eventually.ts";
import { clientOf, signIn } from "../support/rpc.ts";
import { DEMO_ACCOUNT, runCountersign, startServer } from "../support/server-process.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";

test("the audit file tells what happened, of the server and the commands, without a token, and may be rotated", async () => {
  await using folder = await createTemporaryFolder();
  const path = join(folder.path, "audit.jsonl");
  const env = { COUNTERSIGN_AUDIT_FILE: path, COUNTERSIGN_DATA_DIR: folder.path };
  const read = async (file: string): Promise<readonly AuditEvent[]> =>
    (await readFile(file, "utf8"))
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  await using server = await startServer({ dataDir: folder.path, env });
  const { baseUrl } = server;
  const service = clientOf(SessionService, { baseUrl });

  const wrong = { ...DEMO_ACCOUNT, password: "wrong-password" };
  await expect(signIn(baseUrl, wrong)).rejects.toThrow();
  const { refreshToken, accessToken, sessionId } = await signIn(baseUrl);
  const refresh = async (token: string) =>
    (await service.refresh({ refreshToken: token, refreshId: crypto.randomUUID() })).tokens?.refreshToken ??
    "";
  const second = await refresh(refreshToken);
  await refresh(second);
  await expect(clientOf(NotesService, { baseUrl }).listNotes({})).rejects.toThrow();
  await expect(refresh(refreshToken)).rejects.toThrow("the session has been revoked");
  const other = await signIn(baseUrl);
  expect((await runCountersign(["session", "revoke", other.sessionId], env)).code).toBe(0);
  expect((await runCountersign(["key", "rotate", "--force"], env)).code).toBe(0);

  // Server and commands write on their own: in which order is not told.
  const expected = ["sign_in", "sign_in_failed", "refresh", "refresh_reuse", "session_revoked"];
  const awaited = [...expected, "key_activated", "call_denied"];
  const events = await eventually(async () => {
    const found = await read(path);
    return awaited.every((name) => found.some(({ type }) => type === name)) ? found : undefined;
  });
  const reuse = events.find(({ type }) => type === "refresh_reuse");
  expect(reuse).toMatchObject({ sessionId, subject: expect.stringMatching(/^usr_/) });
  const text = await readFile(path, "utf8");
  for (const secret of [refreshToken, second, accessToken, DEMO_ACCOUNT.password, wrong.password]) {
    expect(text).not.toContain(secret);
  }
  expect(text).not.toMatch(/eyJ|csr_/);

  await rename(path, `${path}.1`);
  process.kill(server.program.pid, "SIGHUP");
  await eventually(async () => {
    await signIn(baseUrl);
    return (await read(path).catch(() => [])).length > 0 || undefined;
  });
  expect((await read(path)).map(({ type }) => type)).toContain("sign_in");
});
