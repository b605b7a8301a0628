import { importJWK } from "jose";
import { sql } from "kysely";
import { expect, it } from "vitest";
import { createAccounts } from "../../../server/issuer/src/credentials/accounts.ts";
import { createPasswords } from "../../../server/issuer/src/credentials/password.ts";
import { FIRST_PARTY_CLIENT_ID } from "../../../server/issuer/src/sessions/session-options.ts";
import { findAccountWithPassword } from "../../../server/issuer/src/store/accounts.ts";
import type { Store } from "../../../server/issuer/src/store/database.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { describeStores } from "../../support/stores.ts";
import { startTestIssuer } from "../../support/test-issuer.ts";

const PASSWORD = "correct horse battery";

/** Read every value of every table, whatever tables there are. */
async function dump(store: Store): Promise<readonly string[]> {
  const listing =
    store.dialect === "sqlite"
      ? sql<{ name: string }>`select name from sqlite_master where type = 'table'`
      : sql<{ name: string }>`select tablename as name from pg_tables where schemaname = 'public'`;
  const { rows: tables } = await listing.execute(store.db);
  const values: string[] = [];
  for (const { name } of notEmpty(tables)) {
    const { rows } = await sql<Record<string, unknown>>`select * from ${sql.table(name)}`.execute(store.db);
    values.push(...rows.flatMap((row) => Object.values(row).map(String)));
  }
  return values;
}

/** Every text in a dump, and every text inside a text of JSON. */
function textsIn(values: readonly string[]): readonly string[] {
  return values.flatMap((value) => [value, ...value.split(/["\s:,{}[\]$]+/)]).filter((text) => text !== "");
}

describeStores("a dump of the database", (open) => {
  it("holds nothing that signs in, carries on a session or signs a token", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store);
    const { sessions, account, clock, keyRing } = issuer;
    const passwords = createPasswords({ memoryKib: 64, passes: 1 });
    const accounts = createAccounts({
      store,
      clock,
      passwords,
      sessions,
      replaceHash: async () => undefined,
    });
    await accounts.create({ username: "eve", password: PASSWORD, scopes: [], roles: [] });
    const added = await findAccountWithPassword(store, "eve");
    expect(await passwords.verify(PASSWORD, added?.passwordHash)).toBe(true);
    const issued: string[] = [PASSWORD];
    const remember = (tokens: { readonly accessToken: string; readonly refreshToken: string }) => {
      issued.push(tokens.accessToken, tokens.refreshToken, tokens.refreshToken.replace("csr_", ""));
      return tokens.refreshToken;
    };
    for (let index = 0; index < 3; index += 1) {
      let refreshToken = remember(
        await sessions.begin({ account, clientId: FIRST_PARTY_CLIENT_ID, scopes: [] }),
      );
      for (const refreshId of ["first", "second"]) {
        refreshToken = remember(await sessions.refresh({ refreshToken, refreshId }));
      }
    }
    await keyRing.rotate({ force: true });

    const values = await dump(store);
    const text = values.join("\n");
    for (const secret of issued) {
      expect(text).not.toContain(secret);
    }
    expect(text).not.toContain(Buffer.from(issuer.secret).toString("base64url"));
    expect(text).not.toContain(Buffer.from(issuer.secret).toString("base64"));
    const texts = [...new Set(textsIn(values))];
    expect(texts.length).toBeGreaterThan(50);
    for (const found of texts) {
      // As a refresh token, with its prefix and without.
      for (const refreshToken of [found, `csr_${found}`]) {
        await expect(sessions.refresh({ refreshToken, refreshId: "x" })).rejects.toMatchObject({
          reason: "REFRESH_TOKEN_INVALID",
        });
      }
      expect(await passwords.verify(found, added?.passwordHash)).toBe(false);
    }
    // Keys: public ones only, and no member of a private JWK.
    for (const value of values.filter((found) => found.startsWith("{"))) {
      const jwk = JSON.parse(value) as Record<string, unknown>;
      expect(Object.keys(jwk).filter((name) => ["d", "p", "q", "k"].includes(name))).toEqual([]);
      await expect(importJWK({ ...jwk, d: jwk.x as string }, "ES256")).rejects.toThrow();
    }
  });
});
