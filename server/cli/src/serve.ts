import { serveServices } from "./built-in-services.ts";
import type { Command, Terminal } from "./command.ts";
import type { ServerMode } from "./compose-server.ts";
import { type Config, readCommandLine } from "./config.ts";
import { warnOfGuessablePasswords } from "./guessable-passwords.ts";
import { type RunningServer, runServer } from "./run-server.ts";
import type { SettingName } from "./settings.ts";
import { UsageError } from "./usage-error.ts";
import { runWorkers } from "./workers/run-workers.ts";
import { linkWorker, type WorkerLink } from "./workers/worker-link.ts";

/** `countersign serve`: the server, with no accounts but those that were made. */
export const serveCommand: Command = {
  name: "serve",
  summary: "Run the server.",
  settings: "all",
  usage: [
    "Usage: countersign serve --audience NAME [settings]",
    "",
    "Runs the server until it is stopped: sessions, renewals of streams, health, and reflection for callers with a",
    "token. Logs go to standard error, one JSON object a line. It has no accounts of its own: make them with",
    "countersign user add.",
    "",
    "With --workers, several processes share the port, and with it the cores of the machine. A worker that ends is",
    "replaced; the admin port answers for all of them.",
  ].join("\n"),
  run: (args, terminal) => serve(args, terminal),
};

/**
 * Serve until the terminal asks it to stop.
 *
 * @param args the words behind `serve`
 * @param mode what is served. Default: the services of `countersign serve`
 */
export async function serve(
  args: readonly string[],
  terminal: Terminal,
  mode: ServerMode = serveServices,
): Promise<void> {
  const { config, given, words } = readCommandLine(args, terminal.env);
  if (words.length > 0) {
    throw new UsageError("serve takes no words, only options");
  }
  const link = linkWorker(terminal.env);
  if (link !== undefined) {
    await serveAsWorker({ config, given, terminal, mode, link });
    return;
  }
  const announce = (server: { readonly origin: string; readonly adminOrigin: string | undefined }): void =>
    terminal.print(`Countersign is ready: ${server.origin} (admin ${server.adminOrigin})`);
  if (config.workers > 1) {
    await runWorkers(config, terminal, { args: ["serve", ...args], onReady: announce });
    return;
  }
  const onReady = async (server: RunningServer): Promise<void> => {
    await warnOfGuessablePasswords(server.backend);
    announce(server);
  };
  await runServer(config, terminal, { mode, given, onReady });
}

interface WorkerParts {
  readonly config: Config;
  readonly given: ReadonlySet<SettingName>;
  readonly terminal: Terminal;
  readonly mode: ServerMode;
  readonly link: WorkerLink;
}

async function serveAsWorker({ config, given, terminal, mode, link }: WorkerParts): Promise<void> {
  try {
    const onReady = ({ backend }: RunningServer): Promise<void> => warnOfGuessablePasswords(backend);
    await runServer(config, terminal, { mode, given, onReady, link });
  } finally {
    link.close();
  }
}
