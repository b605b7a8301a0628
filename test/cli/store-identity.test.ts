import { describe, expect, it } from "vitest";
import { keepSetting } from "../../server/issuer/src/store/store-settings.ts";
import { describeStores } from "../support/stores.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";
import { failToStart } from "./fail-to-start.ts";
import { startCommand } from "./running-command.ts";

const ISSUER = "https://auth.example.com";
const OTHER = "https://auth.example.org";

/** Start a server that must come up, and stop it. @returns what it warned of */
async function runOnce(dataDir: string, args: readonly string[]): Promise<string> {
  await using server = await startCommand(args, { dataDir });
  return server.terminal.warned.join("\n");
}

describe("a store", () => {
  it("keeps the issuer and the audience that were set first, and refuses others with both values and the way to change them", async () => {
    await using folder = await createTemporaryFolder();
    const serve = ["serve", "--audience", "billing", "--issuer", ISSUER];
    await runOnce(folder.path, serve);
    await runOnce(folder.path, serve);
    const wrongIssuer = ["serve", "--audience", "billing", "--issuer", OTHER];
    expect(await failToStart(folder.path, wrongIssuer)).toEqual({
      code: 1,
      err: expect.stringContaining(
        `the issuer of this store is ${ISSUER}, and --issuer says ${OTHER}: all servers on a store have the same. ` +
          `Start with --issuer ${ISSUER}, or change it for good with --issuer ${OTHER} --change-issuer-from ${ISSUER}`,
      ),
    });
    const wrongAudience = await failToStart(folder.path, ["serve", "--issuer", ISSUER], {
      COUNTERSIGN_AUDIENCE: "ledger",
    });
    expect(wrongAudience).toMatchObject({ code: 1 });
    expect(wrongAudience.err).toContain("the audience of this store is billing, and --audience says ledger");
    expect(wrongAudience.err).toContain("--change-audience-from billing");
  });

  it("takes another one when a start names the one that it has, and may be told so again", async () => {
    await using folder = await createTemporaryFolder();
    await runOnce(folder.path, ["serve", "--audience", "billing", "--issuer", ISSUER]);
    const changes = ["--change-issuer-from", ISSUER, "--change-audience-from", "billing"];
    const changed = ["serve", "--audience", "ledger", "--issuer", OTHER, ...changes];
    expect(await runOnce(folder.path, changed)).toContain("the store has another issuer from now on");
    expect(await runOnce(folder.path, changed)).not.toContain("another issuer");
    const before = await failToStart(folder.path, ["serve", "--audience", "ledger", "--issuer", ISSUER]);
    expect(before).toMatchObject({ code: 1 });
    // Whoever names another one than the store has does not know what it changes.
    const third = ["serve", "--audience", "ledger", "--issuer", "https://third.example"];
    const guess = await failToStart(folder.path, [...third, "--change-issuer-from", ISSUER]);
    expect(guess.err).toContain(`the issuer of this store is ${OTHER}`);
  });

  it("does not keep what was not set: the address of a demo and its audience", async () => {
    await using folder = await createTemporaryFolder();
    await runOnce(folder.path, ["demo"]);
    await runOnce(folder.path, ["demo"]);
    expect(await runOnce(folder.path, ["serve", "--audience", "billing", "--issuer", ISSUER])).not.toContain(
      "without keeping it",
    );
    const warned = await runOnce(folder.path, ["demo"]);
    expect(warned).toContain(
      `the issuer of this store is ${ISSUER}, and this server runs with http://127.0.0.1:`,
    );
    expect(warned).toContain(
      "the audience of this store is billing, and this server runs with countersign-demo",
    );
    expect(warned).toContain("without keeping it: the other servers on the store refuse its tokens");
  });
});

describeStores("the settings of a store", (open) => {
  it("are those of one server, of several that start at the same time", async () => {
    await using store = await open();
    const values = Array.from({ length: 8 }, (_, index) => `https://${index}.test`);
    const kept = await Promise.all(values.map((value) => keepSetting(store, { name: "issuer", value })));
    expect(new Set(kept.map((one) => one.kept)).size).toBe(1);
    const [first] = kept;
    const replaces = first?.kept ?? "";
    const changed = await Promise.all(
      values.map((value) => keepSetting(store, { name: "issuer", value, replaces })),
    );
    // One of them changes it. The one that had it keeps it where it comes first, and is told of the change otherwise.
    const replacements = changed.filter((one) => one.replaced !== undefined);
    expect(replacements).toHaveLength(1);
    for (const { kept: told } of changed.filter((_, index) => values[index] !== replaces)) {
      expect(told).toBe(replacements[0]?.kept);
    }
  });
});
