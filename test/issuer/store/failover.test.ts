import { createIssuer, type Issuer } from "@countersign/issuer";
import { Client } from "pg";
import { expect, test } from "vitest";
import { openDatabase } from "../../../server/issuer/src/store/database.ts";
import { findSetting } from "../../../server/issuer/src/store/store-settings.ts";
import { tokenOf } from "../../gate/revoked/tokens.ts";
import { eventually } from "../../support/eventually.ts";
import { startPostgres } from "../../support/postgres.ts";

const ISSUER = "https://auth.example.com";

const REVOKED = ["received", "read", "hardly written", "later"];

const createOn = (postgres: string) =>
  createIssuer({
    ...{ store: { postgres }, secret: new Uint8Array(32), url: ISSUER, audience: "test" },
    onError: () => undefined,
  });

const isRevoked = ({ revocations }: Issuer, sid: string) =>
  revocations.isRevoked(tokenOf({ issuer: ISSUER, sessionId: sid }));

/** Run a statement. @returns the first value of its first row */
async function ask(url: string, statement: string): Promise<unknown> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(statement);
    return Object.values(rows[0] ?? {})[0];
  } finally {
    await client.end();
  }
}

/** Wait until there are so many. A follower may not have the table yet. */
function untilCounted(url: string, table: string, count: number): Promise<true> {
  return eventually(async () => {
    const found = await ask(url, `SELECT count(*)::int FROM ${table}`).catch(() => undefined);
    return found === count || undefined;
  });
}

async function epochIn(postgres: string): Promise<string | undefined> {
  await using store = await openDatabase({ postgres }, { migrate: false });
  return await findSetting(store, "signal_epoch");
}

test("a follower takes over that had not received all: nothing that was revoked is good again, and the feed has a new epoch", async () => {
  await using one = await startPostgres();
  const first = await one.createDatabase();
  await one.stop("clean");
  await using two = await startPostgres({ primary: one });
  await one.start();
  const { username, pathname } = new URL(first);
  const hosts = [one, two].map(({ folder }) => encodeURIComponent(folder)).join(",");
  const second = `postgres://${username}@localhost${pathname}?host=${two.folder}`;

  const url = `postgres://${username}@${hosts}${pathname}`;
  await using here = await createOn(url);
  await using there = await createOn(url);
  await here.revocations.revoke({ sid: "received" });
  await untilCounted(second, "revocations", 1);
  const epoch = await epochIn(first);

  // From here on the follower receives nothing more.
  await ask(second, "ALTER SYSTEM SET primary_conninfo = ''");
  await ask(second, "SELECT pg_reload_conf()");
  await untilCounted(second, "pg_stat_wal_receiver", 0);
  await here.revocations.revoke({ sid: "read" });
  await eventually(() => isRevoked(there, "read") || undefined);
  await here.revocations.revoke({ sid: "hardly written" });
  await one.stop("crash");
  await ask(second, "SELECT pg_promote()");

  const goesOn = () =>
    here.revocations.revoke({ sid: "later" }).then(
      () => true,
      () => undefined,
    );
  await eventually(goesOn);
  for (const sid of REVOKED) {
    expect(isRevoked(here, sid)).toBe(true);
    await eventually(() => isRevoked(there, sid) || undefined);
  }
  expect(isRevoked(there, "another")).toBe(false);
  await eventually(async () => (await epochIn(second)) !== epoch || undefined);
  // Those that ran write again what is lost, so that a server that starts knows it.
  await untilCounted(second, "(SELECT DISTINCT value FROM revocations) AS revoked", REVOKED.length);
  await using fresh = await createOn(second);
  expect(REVOKED.map((sid) => isRevoked(fresh, sid))).toEqual(REVOKED.map(() => true));
});
