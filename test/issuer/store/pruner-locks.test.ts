import { expect, test } from "vitest";
import { FIRST_PARTY_CLIENT_ID } from "../../../server/issuer/src/sessions/session-options.ts";
import { openDatabase } from "../../../server/issuer/src/store/database.ts";
import { createPruner } from "../../../server/issuer/src/store/pruner.ts";
import { startPostgres } from "../../support/postgres.ts";
import { startTestIssuer } from "../../support/test-issuer.ts";

const YEAR_MS = 365 * 24 * 3_600_000;

test("a pruner leaves sessions for later that others are changing, and waits for none", async () => {
  await using postgres = await startPostgres();
  await using store = await openDatabase({
    postgres: await postgres.createDatabase(),
    statementTimeoutMs: 2_000,
  });
  using issuer = await startTestIssuer(store);
  const { account, clock, sessions } = issuer;
  const begin = () => sessions.begin({ account, clientId: FIRST_PARTY_CLIENT_ID, scopes: [] });
  const [changing, expired] = [await begin(), await begin()];
  clock.advance(YEAR_MS);
  const live = await begin();
  await store.db.updateTable("sessions").set({ prune_at: 0 }).execute();
  const pruner = createPruner({ store, clock, pauseMs: 0, everyMs: 10 });
  await store.db.transaction().execute(async (trx) => {
    const ids = [changing.sessionId, live.sessionId];
    await trx
      .selectFrom("sessions")
      .select("session_id")
      .where("session_id", "in", ids)
      .forUpdate()
      .execute();
    expect(await pruner.run()).toBe(1);
  });
  expect(await sessions.find(expired.sessionId)).toBeUndefined();
  clock.advance(10);
  expect(await pruner.run()).toBe(1);
  expect(await sessions.find(changing.sessionId)).toBeUndefined();
  expect(await sessions.find(live.sessionId)).toBeDefined();
});
