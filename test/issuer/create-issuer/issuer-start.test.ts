import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createIssuer, type Issuer } from "../../../server/issuer/src/create-issuer.ts";
import { openDatabase } from "../../../server/issuer/src/store/database.ts";
import { databaseIn } from "../../support/stores.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";
import { ADA, inFolder } from "./own-issuer.ts";

describe("the secret of an issuer", () => {
  test("may be 32 bytes, and is not written anywhere", async () => {
    await using folder = await createTemporaryFolder();
    const secret = randomBytes(32);
    await using issuer = await createIssuer(inFolder(folder.path, { secret }));
    expect(await issuer.keys.list()).toHaveLength(2);
    expect(existsSync(join(folder.path, "secret"))).toBe(false);
  });

  test("has exactly 32 bytes", async () => {
    await using folder = await createTemporaryFolder();
    const creation = createIssuer(inFolder(folder.path, { secret: new Uint8Array(16) }));
    await expect(creation).rejects.toMatchObject({
      name: "IssuerError",
      reason: "SECRET_INVALID",
      message: "the secret must have 32 bytes",
    });
    expect(existsSync(databaseIn(folder.path))).toBe(false);
  });

  test("is made with SQLite when its file is missing and the store has no keys, and never after that", async () => {
    await using folder = await createTemporaryFolder();
    await (await createIssuer(inFolder(folder.path))).close();
    expect(existsSync(join(folder.path, "secret"))).toBe(true);
    const file = join(folder.path, "another");
    await expect(createIssuer(inFolder(folder.path, { secret: { file } }))).rejects.toMatchObject({
      reason: "SECRET_MISSING",
      message: `the secret file ${file} is missing, and the keys in this store were made with one: name that one, or put it back from a backup`,
    });
    expect(existsSync(file)).toBe(false);
  });

  test("is not made where that was ruled out, nor is the store touched", async () => {
    await using folder = await createTemporaryFolder();
    const file = join(folder.path, "secret");
    const creation = createIssuer(inFolder(folder.path, { secret: { file, createIfMissing: false } }));
    await expect(creation).rejects.toMatchObject({ reason: "SECRET_MISSING" });
    await expect(creation).rejects.toThrow("openssl rand 32 | basenc --base64url");
    expect([existsSync(file), existsSync(databaseIn(folder.path))]).toEqual([false, false]);
  });

  test("is refused when the keys in the store were made with another, and all is closed", async () => {
    await using folder = await createTemporaryFolder();
    await (await createIssuer(inFolder(folder.path))).close();
    const creation = createIssuer(inFolder(folder.path, { secret: randomBytes(32) }));
    await expect(creation).rejects.toMatchObject({
      reason: "SECRET_WRONG",
      message: "the secret is not the one that the keys in this store were made with: give that one",
    });
  });

  test("is read from its file without being repeated when it is none", async () => {
    await using folder = await createTemporaryFolder();
    await writeFile(join(folder.path, "secret"), "hunter2\n");
    const failure = await createIssuer(inFolder(folder.path)).catch((error: unknown) => error);
    expect(failure).toMatchObject({ reason: "SECRET_INVALID" });
    expect(String(failure)).not.toContain("hunter2");
  });
});

describe("the store of an issuer", () => {
  test("belongs to one url and one audience", async () => {
    await using folder = await createTemporaryFolder();
    await (await createIssuer(inFolder(folder.path))).close();
    const other = inFolder(folder.path, { url: "https://other.example.com" });
    await expect(createIssuer(other)).rejects.toMatchObject({
      reason: "STORE_HAS_OTHER_NAME",
      member: "url",
      kept: "https://auth.example.com",
    });
    await expect(createIssuer(inFolder(folder.path, { audience: "ledger" }))).rejects.toThrow(
      'the audience of this store is billing, and the option says ledger: all servers on a store have the same. Give billing, or change it for good with replaces: { audience: "billing" }',
    );
    const warnings: string[] = [];
    const replacing = {
      ...other,
      replaces: { url: "https://auth.example.com" },
      onWarning: (w: string) => void warnings.push(w),
    };
    await (await createIssuer(replacing)).close();
    expect(warnings).toEqual([
      "the store has another issuer from now on: https://other.example.com, before https://auth.example.com",
    ]);
    await (await createIssuer(other)).close();
  });

  test("can be opened by several issuers of one process at once", async () => {
    await using folder = await createTemporaryFolder();
    const issuers = await Promise.all([1, 2, 3].map(() => createIssuer(inFolder(folder.path))));
    const [one] = issuers;
    const create = (issuer: Issuer, index: number) =>
      issuer.accounts.create({ ...ADA, username: `ada-${index}` });
    await Promise.all(issuers.map(create));
    const remove = (issuer: Issuer, index: number) => issuer.accounts.remove(`ada-${(index + 1) % 3}`);
    await Promise.all(issuers.map(remove));
    expect(await one?.accounts.list()).toEqual([]);
    expect(await one?.keys.list()).toHaveLength(2);
    await Promise.all(issuers.map((issuer) => issuer.close()));
  });

  test("keeps no name that is provisional", async () => {
    await using folder = await createTemporaryFolder();
    const provisional = ["url", "audience"] as const;
    await (await createIssuer(inFolder(folder.path, { url: "http://127.0.0.1:1", provisional }))).close();
    await (await createIssuer(inFolder(folder.path, { url: "http://127.0.0.1:2" }))).close();
  });

  test("of a newer release is left as it is", async () => {
    await using folder = await createTemporaryFolder();
    await (await createIssuer(inFolder(folder.path))).close();
    const store = await openDatabase({ sqlite: databaseIn(folder.path) });
    await store.db
      .insertInto("schema_versions" as never)
      .values({ version: 999, min_version: 999 } as never)
      .execute();
    await store.close();
    const failure = await createIssuer(inFolder(folder.path)).catch((error: unknown) => error);
    expect(failure).toMatchObject({ reason: "STORE_TOO_NEW" });
    expect(String(failure)).toContain(
      `the database ${databaseIn(folder.path)} cannot be used: the database has schema version 999`,
    );
  });

  test("that cannot be reached is named without its password", async () => {
    const failure = await createIssuer({
      ...inFolder("unused"),
      secret: randomBytes(32),
      store: { postgres: "postgres://ada:hunter2@127.0.0.1:1/x" },
    }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ reason: "STORE_UNAVAILABLE" });
    expect(String(failure)).toContain("the database at 127.0.0.1:1 cannot be opened: ");
    expect(String(failure)).not.toContain("hunter2");
  });

  test("on Postgres needs a secret file that is there", async () => {
    await using folder = await createTemporaryFolder();
    const options = inFolder(folder.path, { store: { postgres: "postgres://ada:hunter2@127.0.0.1:1/x" } });
    await expect(createIssuer(options)).rejects.toMatchObject({ reason: "SECRET_MISSING" });
  });
});
