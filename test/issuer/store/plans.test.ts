import { CompiledQuery, createQueryId, type KyselyPlugin, sql } from "kysely";
import { expect, it } from "vitest";
import { FIRST_PARTY_CLIENT_ID } from "../../../server/issuer/src/sessions/session-options.ts";
import type { Store } from "../../../server/issuer/src/store/database.ts";
import { createPruner } from "../../../server/issuer/src/store/pruner.ts";
import { insertRevocations } from "../../../server/issuer/src/store/revocations.ts";
import { revokeSessions } from "../../../server/issuer/src/store/session-revocations.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { describeStores } from "../../support/stores.ts";
import { startTestIssuer } from "../../support/test-issuer.ts";

const DAY_MS = 24 * 3_600_000;

/** So often are the rows of a table doubled: a planner reads small tables whole, and is right. */
const DOUBLINGS = 13;

/** One issuer knows a few sessions, and another one half of them all; each of the rest has one of its own. */
const ISSUER_IN: Readonly<Record<number, string>> = {
  1: "'https://rare.example'",
  [DOUBLINGS - 1]: "'https://common.example'",
};

/** Fill a table with copies of its rows that differ in what `change` says of each doubling. */
async function multiply(
  store: Store,
  table: "sessions" | "revocations",
  change: Readonly<Record<string, (step: number) => string>>,
): Promise<void> {
  const template = await store.db.selectFrom(table).selectAll().executeTakeFirstOrThrow();
  const columns = Object.keys(template).filter((name) => table === "sessions" || name !== "id");
  for (let step = 0; step < DOUBLINGS; step += 1) {
    const values = columns.map((name) => change[name]?.(step) ?? name).join(", ");
    await sql
      .raw(`insert into ${table} (${columns.join(", ")}) select ${values} from ${table}`)
      .execute(store.db);
  }
  await sql.raw(`analyze ${table}`).execute(store.db);
}

/** A store that keeps what it runs, so that its database can be asked how. */
function recordQueries(store: Store): { readonly recorded: Store; explain(): Promise<readonly string[]> } {
  const queries: CompiledQuery[] = [];
  const plugin: KyselyPlugin = {
    transformQuery({ node }) {
      queries.push(store.db.getExecutor().compileQuery(node, createQueryId()));
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  return {
    recorded: { ...store, db: store.db.withPlugin(plugin) },
    async explain() {
      const explain = store.dialect === "sqlite" ? "explain query plan" : "explain";
      const plans: string[] = [];
      for (const query of queries.filter(({ sql: text }) => /"(sessions|revocations)"/.test(text))) {
        const plan = CompiledQuery.raw(`${explain} ${query.sql}`, [...query.parameters]);
        const { rows } = await store.db.executeQuery<Record<string, unknown>>(plan);
        plans.push(rows.map((row) => String(row.detail ?? row["QUERY PLAN"])).join("\n"));
      }
      return notEmpty(plans);
    },
  };
}

/** How Postgres, and SQLite, say that they read a table from its first row on. */
const WALK =
  /Seq Scan on (sessions|revocations)|SCAN (sessions|revocations)(?! USING (COVERING )?INDEX \S+_(expiry|prune_at))/;

describeStores("of many rows, an index finds", (open) => {
  it("the few that have had their time, sessions and revocations", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store);
    const { account, clock, sessions } = issuer;
    await sessions.begin({ account, clientId: FIRST_PARTY_CLIENT_ID, scopes: [] });
    const one = { beforeMs: undefined, revokedAtMs: clock.nowMs(), reason: "revoked" };
    await insertRevocations(store, [{ ...one, dimension: "jti", value: "a" }]);
    const later = (column: string) => (step: number) => `${column} + ${DAY_MS * 2 ** step}`;
    await multiply(store, "sessions", {
      session_id: (step) => `session_id || '.${step}'`,
      prune_at: later("prune_at"),
      idle_expires_at: later("idle_expires_at"),
    });
    await multiply(store, "revocations", { expires_at: later("expires_at") });
    const { recorded, explain } = recordQueries(store);
    clock.advance(10 * DAY_MS);
    expect(await createPruner({ store: recorded, clock, pauseMs: 0 }).run()).toBeGreaterThan(1);
    const plans = await explain();
    expect(plans.filter((plan) => WALK.test(plan))).toEqual([]);
    for (const index of ["sessions_prune_at", "revocations_expiry"]) {
      expect(plans.join("\n")).toContain(index);
    }
  });

  it("the sessions of a client, of another issuer, and of a session there", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store);
    const { account, clock, sessions } = issuer;
    await sessions.begin({ account, clientId: FIRST_PARTY_CLIENT_ID, scopes: [] });
    await multiply(store, "sessions", {
      session_id: (step) => `session_id || '.${step}'`,
      client_id: (step) => (step === 0 ? "'rare'" : "'common'"),
      external_issuer: (step) => ISSUER_IN[step] ?? `'https://' || session_id || '.${step}'`,
      external_session: (step) => `session_id || '.${step}'`,
    });
    const { recorded, explain } = recordQueries(store);
    const order = { reason: "revoked", nowMs: clock.nowMs() };
    for (const where of [{ clientId: "rare" }, { externalIssuer: "https://rare.example" }]) {
      expect((await revokeSessions(recorded, { ...order, where })).sessions.length).toBeGreaterThan(0);
    }
    const unknown = { externalIssuer: "https://common.example", externalSession: "unknown" };
    expect((await revokeSessions(recorded, { ...order, where: unknown })).sessions).toEqual([]);
    const plans = await explain();
    expect(plans.filter((plan) => WALK.test(plan))).toEqual([]);
    for (const index of [
      "sessions_of_client",
      "sessions_of_external_issuer",
      "sessions_of_external_session",
    ]) {
      expect(plans.join("\n")).toContain(index);
    }
  });
});
