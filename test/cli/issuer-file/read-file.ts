import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readTrustedIssuers } from "../../../server/cli/src/trusted-issuers.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";

/** Read a file of this text, beside others. */
export async function readText(text: string, files: Readonly<Record<string, string>> = {}) {
  await using folder = await createTemporaryFolder();
  const path = join(folder.path, "issuers.json");
  await writeFile(path, text);
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder.path, name), content);
  }
  const warnings: string[] = [];
  const entries = await readTrustedIssuers(path, (warning) => void warnings.push(warning));
  return { entries, warnings };
}

/** Read a file of one issuer. */
export async function readOne(entry: object, files?: Readonly<Record<string, string>>) {
  const { entries } = await readText(JSON.stringify([entry]), files);
  return entries[0];
}

/** Warn of nothing. */
export const ignore = (): void => {};
