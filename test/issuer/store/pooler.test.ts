import { randomBytes } from "node:crypto";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BusTest } from "../../../server/gate/src/kernel/observe.ts";
import { createIssuer } from "../../../server/issuer/src/create-issuer.ts";
import { openDatabase } from "../../../server/issuer/src/store/database.ts";
import { findPooling } from "../../../server/issuer/src/store/find-pooling.ts";
import { REVOCATION_CHANNEL } from "../../../server/issuer/src/store/revocation-hints.ts";
import { insertRevocations } from "../../../server/issuer/src/store/revocations.ts";
import { eventually } from "../../support/eventually.ts";
import { installPgBouncer, startPgBouncer, type TestPooler } from "../../support/pgbouncer.ts";
import { startPostgres, type TestPostgres } from "../../support/postgres.ts";
import { ADA, inFolder, serve, signIn } from "../create-issuer/own-issuer.ts";

const isThere = installPgBouncer();
const need = isThere ? "" : " (skipped: it needs PgBouncer, apt-get install pgbouncer)";

describe.skipIf(!isThere)(`behind PgBouncer, which hands out connections by transaction${need}`, () => {
  let postgres: TestPostgres;
  let direct: string;
  let pooler: TestPooler;
  beforeAll(async () => {
    postgres = await startPostgres();
    direct = await postgres.createDatabase();
    pooler = await startPgBouncer(direct);
  });
  afterAll(async () => {
    await pooler?.[Symbol.asyncDispose]();
    await postgres?.[Symbol.asyncDispose]();
  });

  test("an issuer runs, and its messages go past the pooler", async () => {
    const secret = randomBytes(32);
    const tests: BusTest[] = [];
    const warnings: string[] = [];
    const store = { postgres: pooler.url, listenUrl: direct };
    await using here = await createIssuer({
      ...{ ...inFolder("unused"), store, secret },
      onWarning: (warning) => void warnings.push(warning),
      observe: { busTested: (result) => void tests.push(result) },
    });
    await using there = await createIssuer({ ...inFolder("unused"), store: { postgres: direct }, secret });
    await here.accounts.create(ADA);
    expect(await signIn(serve(there))).toHaveProperty("headers");
    await there.revocations.revoke({ sid: "session-1" });
    await eventually(() => tests.length > 0 || undefined);
    expect(tests).toEqual([expect.objectContaining({ result: "delivered" })]);
    expect(warnings).toEqual([
      expect.stringMatching(/^the database is behind a pooler .* messages between servers go past it/),
      expect.stringMatching(/^single statements have no limit of time behind the pooler/),
    ]);
  });

  test("a commit through the pooler asks those that listen past it to look for what is revoked", async () => {
    await using store = await openDatabase({ postgres: pooler.url, listenUrl: direct });
    const messages: string[] = [];
    store.bus.subscribe(REVOCATION_CHANNEL, (message) => void messages.push(message));
    await eventually(() => messages.length === 1 || undefined);
    await insertRevocations(store, [
      {
        ...{ dimension: "sid", value: "session", beforeMs: undefined },
        ...{ revokedAtMs: Date.now(), reason: "signed_out" },
      },
    ]);
    await eventually(() => messages.length === 2 || undefined);
  });

  test("each transaction has its limits of time, and nothing is left of them on the connection", async () => {
    await using store = await openDatabase({ postgres: pooler.url, listenUrl: direct });
    const show = sql<{ statement_timeout: string }>`show statement_timeout`;
    const inside = await store.db.transaction().execute((trx) => show.execute(trx));
    const outside = await show.execute(store.db);
    expect([inside.rows, outside.rows]).toEqual([
      [{ statement_timeout: "10s" }],
      [{ statement_timeout: "0" }],
    ]);
  });

  test("a pooler that ignores what it does not carry is found as well", async () => {
    const ignored = "ignore_startup_parameters = statement_timeout, idle_in_transaction_session_timeout";
    await using other = await startPgBouncer(direct, [ignored]);
    const pooled = { isPooled: true, hasStatementTimeout: false, carriesNames: false };
    expect(await Promise.all([pooler.url, other.url, direct].map(findPooling))).toEqual([
      pooled,
      pooled,
      { ...pooled, isPooled: false, carriesNames: true },
    ]);
  });
});
