import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/**
 * Build the server and the web demo if they changed since the last build. Vitest calls it once before the
 * tests of the whole system.
 */
export async function setup(): Promise<void> {
  const script = fileURLToPath(new URL("../../scripts/setup.mjs", import.meta.url));
  await promisify(execFile)(process.execPath, [script, "build"]);
}
