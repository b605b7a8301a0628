import { DatabaseSync } from "node:sqlite";
import { setImmediate as turn } from "node:timers/promises";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { expect, test } from "vitest";
import { clientOf, signIn } from "../support/rpc.ts";
import { DEMO_ACCOUNT, startServer } from "../support/server-process.ts";
import { databaseIn } from "../support/stores.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";

const KILLS = 3;
const LONGEST_MS = 20_000;

// The issuer must not move with the port, or tokens of before would be a stranger's.
const env = { COUNTERSIGN_ISSUER: "https://issuer.test" };

test(
  "kill -9 as soon as a password is new leaves no session of before but the owner's",
  async () => {
    let password: string = DEMO_ACCOUNT.password;
    await using folder = await createTemporaryFolder();
    for (let kill = 0; kill < KILLS; kill += 1) {
      await using server = await startServer({ dataDir: folder.path, env });
      const { baseUrl } = server;
      const account = { username: DEMO_ACCOUNT.username, password };
      const [owner] = [await signIn(baseUrl, account), await signIn(baseUrl, account)];
      using database = new DatabaseSync(databaseIn(folder.path), { readOnly: true });
      const before = hashesIn(database);
      const newPassword = `another-password-${kill}`;
      const client = clientOf(SessionService, { baseUrl, token: owner.accessToken });
      const called = client
        .changePassword({ currentPassword: password, newPassword })
        .catch((error: unknown) => error);
      const untilMs = performance.now() + LONGEST_MS;
      while (hashesIn(database) === before && performance.now() < untilMs) {
        await turn();
      }
      process.kill(server.program.pid, "SIGKILL");
      await called;
      expect(hashesIn(database)).not.toBe(before);
      expect(unendedIn(database)).toEqual([owner.sessionId]);
      password = newPassword;
    }
  },
  KILLS * LONGEST_MS + 60_000,
);

function hashesIn(database: DatabaseSync): string {
  const rows = database.prepare("select password_hash from accounts order by username").all();
  return JSON.stringify(rows);
}

function unendedIn(database: DatabaseSync): readonly unknown[] {
  const rows = database.prepare("select session_id from sessions where revoked_at is null").all();
  return rows.map((row) => row.session_id);
}
