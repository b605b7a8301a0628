import { chmod, chown, mkdir, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openIssuerAdmin } from "../../../server/issuer/src/create-issuer/admin.ts";
import { createIssuer } from "../../../server/issuer/src/create-issuer.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { databaseIn } from "../../support/stores.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";
import { inFolder } from "./own-issuer.ts";

const STRANGER = 4_242;
/** Only root can make files of others. */
const cannotGiveAway = process.getuid?.() !== 0;

/** A folder in which an issuer has been before, with its secret in another one. */
async function startFolders() {
  const folder = await createTemporaryFolder();
  const [data, secrets] = [join(folder.path, "data"), join(folder.path, "secrets")];
  await mkdir(data);
  await mkdir(secrets);
  const warnings: string[] = [];
  const options = inFolder(data, {
    secret: { file: join(secrets, "secret") },
    onWarning: (warning) => void warnings.push(warning),
  });
  await (await createIssuer(options)).close();
  expect(warnings).toEqual([]);
  return {
    ...{ data, secrets, options, warnings, database: databaseIn(data), secret: join(secrets, "secret") },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

type Folders = Awaited<ReturnType<typeof startFolders>>;
type Case = readonly [string, string, RegExp, (folders: Folders) => Promise<unknown>];

const CASES: readonly Case[] = [
  [
    "a data folder that all may write",
    "STORE_UNAVAILABLE",
    /data can be .* is 777/,
    (f) => chmod(f.data, 0o777),
  ],
  ["a sticky data folder", "STORE_UNAVAILABLE", /data can be .* is 1777/, (f) => chmod(f.data, 0o1777)],
  ["a secret that all may write", "SECRET_INVALID", /secret can be .* is 666/, (f) => chmod(f.secret, 0o666)],
  [
    "a secret that all may replace",
    "SECRET_INVALID",
    /secrets can be .* is 777/,
    (f) => chmod(f.secrets, 0o777),
  ],
];

const GIVEN_AWAY: readonly Case[] = [
  ["a data folder of another", "STORE_UNAVAILABLE", /data .* user 4242/, (f) => chown(f.data, STRANGER, 0)],
  ["a database of another", "STORE_UNAVAILABLE", /\.db .* user 4242/, (f) => chown(f.database, STRANGER, 0)],
  [
    "a log of another beside the database",
    "STORE_UNAVAILABLE",
    /\.db-wal .* user 4242/,
    async (f) => {
      await writeFile(`${f.database}-wal`, "");
      await chown(`${f.database}-wal`, STRANGER, 0);
    },
  ],
  ["a secret of another", "SECRET_INVALID", /secret .* user 4242/, (f) => chown(f.secret, STRANGER, 0)],
];

describe("an issuer", () => {
  for (const [what, reason, message, open] of notEmpty([...CASES, ...(cannotGiveAway ? [] : GIVEN_AWAY)])) {
    test(`does not start on ${what}, unless that is allowed, and then it warns`, async () => {
      await using folders = await startFolders();
      await open(folders);
      const refused = await createIssuer(folders.options).catch((error: unknown) => error);
      expect(refused).toMatchObject({ name: "IssuerError", reason, message: expect.stringMatching(message) });
      expect(String(refused)).toContain("insecure.sharedFiles (--insecure-shared-files)");
      const insecure = { ...folders.options.insecure, sharedFiles: true };
      await (await createIssuer({ ...folders.options, insecure })).close();
      expect(
        folders.warnings.filter((warning) => /^insecure.sharedFiles: .*can be changed/.test(warning)),
      ).not.toEqual([]);
    });
  }

  test("refuses the commands such a data folder, too", async () => {
    await using folders = await startFolders();
    await chmod(folders.data, 0o777);
    const options = { store: { sqlite: folders.database }, audit: { record: () => undefined } };
    await expect(openIssuerAdmin(options)).rejects.toThrow("data can be changed by others: its mode is 777");
    await (await openIssuerAdmin({ ...options, sharedFiles: true }))[Symbol.asyncDispose]();
  });

  test("warns of a secret that others can read", async () => {
    await using folders = await startFolders();
    await chmod(folders.secret, 0o644);
    await (await createIssuer(folders.options)).close();
    expect(folders.warnings).toContain(
      `the secret file ${folders.secret} can be read by others: take that from them, with chmod 600`,
    );
  });

  test("takes a secret behind links, as orchestrators hand it out, and what it makes is private", async () => {
    await using folders = await startFolders();
    const link = join(folders.secrets, "link");
    await symlink("secret", link);
    await chmod(folders.secrets, 0o1777);
    await (await createIssuer({ ...folders.options, secret: { file: link } })).close();
    const modes = await Promise.all(
      [folders.secret, folders.database].map(async (path) => (await stat(path)).mode),
    );
    expect(modes.map((mode) => mode & 0o777)).toEqual([0o600, 0o600]);
  });

  test("makes no secret in a folder that others can change", async () => {
    await using folders = await startFolders();
    const open = join(folders.secrets, "open");
    await mkdir(open);
    await chmod(open, 0o777);
    const fresh = inFolder(join(folders.data, "fresh"), { secret: { file: join(open, "secret") } });
    await expect(createIssuer(fresh)).rejects.toThrow("open can be changed by others");
  });
});
