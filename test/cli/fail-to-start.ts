import { runCommand } from "../../server/cli/src/run-command.ts";
import { recordingTerminal } from "./recording-terminal.ts";

/** Start a server that must not come up. @returns its exit code and its standard error */
export async function failToStart(
  dataDir: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number; readonly err: string }> {
  const ports = { COUNTERSIGN_PORT: "0", COUNTERSIGN_ADMIN_PORT: "0" };
  const terminal = recordingTerminal({ env: { ...ports, COUNTERSIGN_DATA_DIR: dataDir, ...env } });
  const code = await runCommand(args, terminal);
  return { code, err: terminal.warned.join("\n") };
}
