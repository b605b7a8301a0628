import { runCommand } from "../../../server/cli/src/run-command.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";
import { recordingTerminal } from "../recording-terminal.ts";

/** How a command ended, and what it printed. */
export interface CommandRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A user of the command, with logins of their own. */
export interface LoginUser extends AsyncDisposable {
  /** The folder of their settings. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Run a command with nothing on its standard input. */
  readonly run: (...args: readonly string[]) => Promise<CommandRun>;
  /** Sign in at a server with the password of the demo, or another. @returns also where the session is */
  readonly login: (server: string, user: string, options?: LoginOptions) => Promise<CommandRun>;
}

/** How a user of the tests signs in. */
export interface LoginOptions {
  readonly password?: string;
  /** More arguments. */
  readonly args?: readonly string[];
}

/** Make a user. @param env added to their environment. Default: nothing, so that there is no keychain */
export async function createLoginUser(env: Readonly<Record<string, string>> = {}): Promise<LoginUser> {
  const folder = await createTemporaryFolder();
  const own = { XDG_CONFIG_HOME: folder.path, ...env };
  const runWith = async (args: readonly string[], input: string): Promise<CommandRun> => {
    const terminal = recordingTerminal({ env: own, input });
    const code = await runCommand(args, terminal);
    return { code, out: terminal.printed.join("\n"), err: terminal.warned.join("\n") };
  };
  return {
    folder: folder.path,
    env: own,
    run: (...args) => runWith(args, ""),
    login: (server, user, { password = "demo-password", args = [] } = {}) =>
      runWith(["login", server, "--user", user, ...args], `${password}\n`),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}
