import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { createRevocations } from "../../../server/issuer/src/revoke/revocations.ts";
import { FIRST_PARTY_CLIENT_ID } from "../../../server/issuer/src/sessions/session-options.ts";
import { openDatabase, type StoreLocation } from "../../../server/issuer/src/store/database.ts";
import { keepSetting } from "../../../server/issuer/src/store/store-settings.ts";
import { tokenOf } from "../../gate/revoked/tokens.ts";
import { eventually } from "../../support/eventually.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { startPostgres } from "../../support/postgres.ts";
import { databaseIn } from "../../support/stores.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";
import { createWallClock } from "../../support/test-clock.ts";
import { startTestIssuer, TEST_ISSUER } from "../../support/test-issuer.ts";

describe("revocations of a server that is not the issuer", () => {
  for (const dialect of ["sqlite", "postgres"] as const) {
    it(`come from the issuer's database, which is opened as it is (${dialect})`, async () => {
      await using postgres = dialect === "postgres" ? await startPostgres() : undefined;
      await using folder = await createTemporaryFolder();
      const database: StoreLocation =
        postgres === undefined
          ? { sqlite: databaseIn(folder.path) }
          : { postgres: await postgres.createDatabase() };
      const early = createRevocations({ database });
      await expect(early.start()).rejects.toThrow("start the issuer on it first");
      expect(() => early.isRevoked(tokenOf())).toThrow("cannot be read just now");
      await early.close();

      await using store = await openDatabase(database);
      // As real as that of the database, by which the other server goes.
      using issuer = await startTestIssuer(store, createWallClock(Date.now()));
      const begin = async () =>
        tokenOf({
          issuer: TEST_ISSUER,
          sessionId: (
            await issuer.sessions.begin({
              ...{ account: issuer.account, clientId: FIRST_PARTY_CLIENT_ID, scopes: [] },
            })
          ).sessionId,
        });
      const end = ({ sessionId = "" }) => issuer.sessions.end({ where: { sessionId }, reason: "signed_out" });
      const [before, later, own] = [await begin(), await begin(), await begin()];
      await end(before);
      const revocations = createRevocations({ database, issuer: TEST_ISSUER, pollMs: 5 });
      await revocations.start();
      const told: unknown[] = [];
      revocations.onRevoked((batch) => told.push(batch.matches(later)));
      expect([before, later].map((token) => revocations.isRevoked(token))).toEqual([true, false]);
      await end(later);
      await eventually(() => (revocations.isRevoked(later) ? true : undefined));
      expect(told).toEqual([true]);
      expect(revocations.isRevoked({ ...later, issuer: "https://b.test" })).toBe(false);
      // It can revoke, too: the issuer learns of it. But it grants no tokens, and says of none how long they last.
      expect(revocations.isRevoked(own)).toBe(false);
      await revocations.revoke({ sid: own.sessionId ?? "", issuer: TEST_ISSUER });
      expect(revocations.isRevoked(own)).toBe(true);
      const ofIssuer = createRevocations({ store, issuer: TEST_ISSUER });
      await ofIssuer.start();
      expect(ofIssuer.isRevoked(own)).toBe(true);
      await ofIssuer.close();
      const { rows } = await sql`select * from access_lives`.execute(store.db);
      expect(rows).toEqual([]);
      await revocations.close();
      expect(revocations.isRevoked(own)).toBe(true);
    });
  }

  it("are refused under another name than that of the issuer: they would cover no token", async () => {
    await using folder = await createTemporaryFolder();
    const database = { sqlite: databaseIn(folder.path) };
    await using store = await openDatabase(database);
    await keepSetting(store, { name: "issuer", value: TEST_ISSUER });
    const other = createRevocations({ database, issuer: `${TEST_ISSUER}/` });
    await expect(other.start()).rejects.toThrow(
      `the database belongs to the issuer ${TEST_ISSUER}, and revocations were asked for with issuer ${TEST_ISSUER}/`,
    );
  });

  it("are refused when both the store and a database are named, or neither is", () => {
    expect(() => createRevocations({})).toThrow("exactly one of store and database");
  });

  it("refuse a misspelt option: without the name of the issuer they would cover tokens of all", () => {
    const misspelt: object = { database: { sqlite: "countersign.db" }, isuer: TEST_ISSUER };
    expect(() => createRevocations(misspelt)).toThrow(
      "createRevocations has no option isuer: did you mean issuer?",
    );
  });

  it.each(
    notEmpty([
      [{ insecure: { sharedFile: true } }, "has no option sharedFile: did you mean sharedFiles?"],
      [{ database: { sqlite: "a", statementTimeout: 1 } }, "did you mean statementTimeoutMs?"],
      [{ database: { sqllite: "a" } }, "option database of createRevocations has no option sqllite"],
    ] as const),
  )("refuse a misspelt option in an option: %j", (given, refusal) => {
    const misspelt: object = { database: { sqlite: "countersign.db" }, ...given };
    expect(() => createRevocations(misspelt)).toThrow(refusal);
  });
});
