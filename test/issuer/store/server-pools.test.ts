import { sql } from "kysely";
import { Client } from "pg";
import { expect, test } from "vitest";
import { openDatabase } from "../../../server/issuer/src/store/database.ts";
import { listServerUrls } from "../../../server/issuer/src/store/server-urls.ts";
import { eventually } from "../../support/eventually.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { startPostgres } from "../../support/postgres.ts";

const URLS = notEmpty([
  { url: "postgres://one/name", servers: ["postgres://one/name"] },
  {
    url: "postgres://user:a,b@one:1,two/name?target_session_attrs=read-write",
    servers: [
      "postgres://user:a,b@one:1/name?target_session_attrs=read-write",
      "postgres://user:a,b@two/name?target_session_attrs=read-write",
    ],
  },
  { url: "postgresql://[::1]:5432,two", servers: ["postgresql://[::1]:5432", "postgresql://two"] },
  { url: "postgres://one/name?options=a,b", servers: ["postgres://one/name?options=a,b"] },
  { url: "postgres://user:a/b,c@one/name", servers: ["postgres://user:a/b,c@one/name"] },
]);

test.each(URLS)("$url names $servers.length servers", ({ url, servers }) => {
  expect(listServerUrls(url)).toEqual(servers);
});

async function run(url: string, ...statements: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  for (const statement of statements) {
    await client.query(statement);
  }
  await client.end();
}

const setReadOnly = (url: string, isOn: "on" | "off"): Promise<void> =>
  run(url, `ALTER SYSTEM SET default_transaction_read_only = ${isOn}`, "SELECT pg_reload_conf()");

/** Name a server of a test as a host, by the folder of its socket. */
function hostOf(url: string): string {
  return encodeURIComponent(new URL(url).searchParams.get("host") ?? "");
}

test("of several servers, the one that can be written is used, and another one when that changes", async () => {
  await using one = await startPostgres();
  await using two = await startPostgres();
  const [first, second] = [await one.createDatabase(), await two.createDatabase()];
  const { username, pathname } = new URL(first);
  const hosts = ["%2Fnowhere", hostOf(first), hostOf(second)].join(",");
  const url = `postgres://${username}@${hosts}${pathname}?target_session_attrs=read-write`;
  for (const primary of [first, second]) {
    await using store = await openDatabase({ postgres: primary });
    expect(store.dialect).toBe("postgres");
  }

  await setReadOnly(second, "on");
  await using store = await openDatabase({ postgres: url });
  const messages: string[] = [];
  store.bus.subscribe("news", (message) => messages.push(message));
  await eventually(() => messages.includes("") || undefined);
  const write = () => sql`create table if not exists written (id int)`.execute(store.db);
  const serverNow = async () =>
    (
      await sql<{ place: string }>`select current_setting('unix_socket_directories') as place`.execute(
        store.db,
      )
    ).rows;
  const placeOf = (at: string) => [{ place: new URL(at).searchParams.get("host") }];
  await write();
  expect(await serverNow()).toEqual(placeOf(first));

  await setReadOnly(second, "off");
  await setReadOnly(first, "on");
  // A server reads its settings again when it gets to it: until then, it can be written.
  await eventually(async () => {
    await write().catch(() => undefined);
    const [now] = await serverNow().catch(() => []);
    return now?.place === placeOf(second)[0]?.place || undefined;
  });
  await one.stop("crash");
  await eventually(() => messages.filter((message) => message === "").length > 1 || undefined);
});
