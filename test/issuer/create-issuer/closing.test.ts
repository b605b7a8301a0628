import { randomBytes } from "node:crypto";
import { Code } from "@connectrpc/connect";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createIssuer } from "../../../server/issuer/src/create-issuer.ts";
import { eventually } from "../../support/eventually.ts";
import { startPostgres, type TestPostgres } from "../../support/postgres.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";
import { ADA, inFolder, refusal, serve, signIn } from "./own-issuer.ts";

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.[Symbol.asyncDispose]());

/** How many connections of Countersign there are to a database. */
async function countConnections(url: string): Promise<number> {
  const client = new Client({ connectionString: url, application_name: "test" });
  await client.connect();
  const { rows } = await client.query(
    "select count(*)::int as count from pg_stat_activity where datname = current_database() and application_name = 'countersign'",
  );
  await client.end();
  return rows[0].count;
}

test("calls that are under way when an issuer is closed are done, or told to try elsewhere", async () => {
  await using folder = await createTemporaryFolder();
  const locations = [inFolder(folder.path).store, { postgres: await postgres.createDatabase() }];
  for (const store of locations) {
    const issuer = await createIssuer({ ...inFolder(folder.path), store, secret: randomBytes(32) });
    await issuer.accounts.create(ADA);
    const unexpected: unknown[] = [];
    const server = serve(issuer, { onError: (error) => void unexpected.push(error) });
    const caller = await signIn(server);
    const calls = Array.from({ length: 20 }, (_, n) =>
      n % 2 === 0
        ? signIn(server).then(() => "done", refusal)
        : server.client.listSessions({}, caller).then(() => "done", refusal),
    );
    await new Promise((resolve) => setImmediate(resolve));
    await issuer.close();
    const outcomes = await Promise.all([
      ...calls,
      server.client.listSessions({}, caller).then(() => "done", refusal),
    ]);
    expect(outcomes.filter((outcome) => outcome !== "done" && outcome !== Code.Unavailable)).toEqual([]);
    expect([outcomes.at(-1), unexpected]).toEqual([Code.Unavailable, []]);
  }
});

describe("an issuer leaves no connection behind", () => {
  test("when it is closed", async () => {
    const url = await postgres.createDatabase();
    const options = { ...inFolder("unused"), store: { postgres: url }, secret: randomBytes(32) };
    const issuer = await createIssuer(options);
    expect(await countConnections(url)).toBeGreaterThan(0);
    await issuer.close();
    await eventually(async () => ((await countConnections(url)) === 0 ? true : undefined));
  });

  test("when it cannot be created half-way: with another secret, another name, or options that contradict", async () => {
    const url = await postgres.createDatabase();
    const options = { ...inFolder("unused"), store: { postgres: url }, secret: randomBytes(32) };
    await (await createIssuer(options)).close();
    const broken = [
      { options: { ...options, secret: randomBytes(32) }, fails: { reason: "SECRET_WRONG" } },
      { options: { ...options, audience: "ledger" }, fails: { reason: "STORE_HAS_OTHER_NAME" } },
      {
        options: {
          ...options,
          federatedIssuers: [{ issuer: { issuer: "https://idp.example", keys: {} as never } }],
        },
        fails: { name: "TypeError" },
      },
    ];
    for (const { options: wrong, fails } of broken) {
      await expect(createIssuer(wrong)).rejects.toMatchObject(fails);
      await eventually(async () => ((await countConnections(url)) === 0 ? true : undefined));
    }
  });
});
