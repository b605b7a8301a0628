import { fileURLToPath } from "node:url";
import { DEMO_ACCOUNT, runCountersign, type ServerProcess, startServer } from "./server-process.ts";
import { createTemporaryFolder, databaseParent } from "./temporary-folder.ts";

const MAIN = fileURLToPath(new URL("notes-server-child.ts", import.meta.url));
const SCOPES = ["--scope", "notes:read", "--scope", "notes:write"];

/** Start `countersign serve` with several workers, the notes of the demo and one account of it, on SQLite. */
export async function startNotesWorkers(count: number): Promise<ServerProcess> {
  await using stack = new AsyncDisposableStack();
  const dataDir = stack.use(await createTemporaryFolder(databaseParent())).path;
  const { username, password } = DEMO_ACCOUNT;
  const env = { COUNTERSIGN_DATA_DIR: dataDir };
  const added = await runCountersign(["user", "add", username, "--create", ...SCOPES], env, password);
  if (added.code !== 0) {
    throw new Error(`the account was not made: ${added.stderr}`);
  }
  const args = ["--audience", "notes", "--workers", String(count), "--sign-ins-per-minute", "0"];
  const server = stack.use(await startServer({ main: MAIN, command: "serve", args, dataDir }));
  const kept = stack.move();
  return { ...server, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
