import { sql } from "kysely";
import { expect, it } from "vitest";
import { FIRST_PARTY_CLIENT_ID } from "../../../server/issuer/src/sessions/session-options.ts";
import { openDatabase } from "../../../server/issuer/src/store/database.ts";
import { databaseIn } from "../../support/stores.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";
import { startTestIssuer } from "../../support/test-issuer.ts";

// SQLite answers these in the same words as when the disk itself is full, or the file may not be written.
const FAULTS = [
  {
    name: "full",
    why: /is full/,
    begin: "pragma max_page_count = 1",
    end: "pragma max_page_count = 1000000",
  },
  { name: "read-only", why: /readonly/, begin: "pragma query_only = on", end: "pragma query_only = off" },
] as const;

for (const { name, begin, end, why } of FAULTS) {
  it(`a database that is ${name} is an outage, spoils nothing, and is over when it is over`, async () => {
    await using folder = await createTemporaryFolder();
    const causes: unknown[] = [];
    const onOutage = (cause: unknown) => void causes.push(cause);
    await using store = await openDatabase({ sqlite: databaseIn(folder.path) }, { onOutage });
    using issuer = await startTestIssuer(store);
    const { sessions, account } = issuer;
    const start = () => sessions.begin({ account, clientId: FIRST_PARTY_CLIENT_ID, scopes: [] });
    const { refreshToken, sessionId } = await start();
    await sql.raw(begin).execute(store.db);
    const outage = { reason: "AUTH_UNAVAILABLE", message: "the store cannot be used just now" };
    // A full database still has room in its pages for some: nothing that is acknowledged is lost.
    const begun: string[] = [];
    const fill = async (): Promise<never> => {
      for (;;) {
        begun.push((await start()).sessionId);
      }
    };
    await expect(fill()).rejects.toMatchObject(outage);
    await expect(Promise.all([start(), start(), start()])).rejects.toMatchObject(outage);
    // One line for the operator, however many calls have met it.
    expect(causes).toEqual([expect.objectContaining({ message: expect.stringMatching(why) })]);
    expect(await sessions.find(sessionId)).toMatchObject({ generation: 0 });
    await sql.raw(end).execute(store.db);
    const next = await sessions.refresh({ refreshToken, refreshId: "a" });
    expect(next.sessionId).toBe(sessionId);
    for (const known of begun) {
      expect(await sessions.find(known)).toBeDefined();
    }
    const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(store.db);
    expect(rows).toEqual([{ integrity_check: "ok" }]);
  });
}
