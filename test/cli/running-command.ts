import { runCommand } from "../../server/cli/src/run-command.ts";
import { type RecordingTerminal, recordingTerminal } from "./recording-terminal.ts";

/** A server that runs in the process of the test; disposing of it stops it. */
export interface RunningCommand extends AsyncDisposable {
  readonly baseUrl: string;
  readonly terminal: RecordingTerminal;
  /** Ask it to stop. */
  stop(): Promise<void>;
}

/** Run `countersign serve` or `countersign demo` in this process until it says where it listens. */
export async function startCommand(
  args: readonly string[],
  { dataDir, env = {} }: { readonly dataDir: string; readonly env?: Record<string, string> },
): Promise<RunningCommand> {
  const stop = Promise.withResolvers<string>();
  const ready = Promise.withResolvers<string>();
  const ports = { COUNTERSIGN_PORT: "0", COUNTERSIGN_ADMIN_PORT: "0" };
  const recording = recordingTerminal({ env: { ...ports, COUNTERSIGN_DATA_DIR: dataDir, ...env } });
  const terminal: RecordingTerminal = {
    ...recording,
    stopped: stop.promise,
    print(line) {
      recording.print(line);
      const address = / is ready: (\S+)/.exec(line)?.[1];
      if (address !== undefined) {
        ready.resolve(address);
      }
    },
  };
  const ended = runCommand(args, terminal);
  const failed = ended.then((code) => {
    throw new Error(`${args.join(" ")} ended with ${code}:\n${terminal.warned.join("\n")}`);
  });
  failed.catch(() => undefined);
  const stopNow = async (): Promise<void> => {
    stop.resolve("SIGTERM");
    await ended;
  };
  return {
    baseUrl: await Promise.race([ready.promise, failed]),
    terminal,
    stop: stopNow,
    [Symbol.asyncDispose]: stopNow,
  };
}
