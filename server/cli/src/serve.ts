import { serveServices } from "./built-in-services.ts";
import { type Call, ONLY_ACTION, type Terminal } from "./command.ts";
import type { ServerMode } from "./compose-server.ts";
import { type Config, readCommandLine } from "./config.ts";
import { warnOfGuessablePasswords } from "./guessable-passwords.ts";
import { type RunningServer, runServer } from "./run-server.ts";
import type { SettingName } from "./settings.ts";
import { describeStore } from "./store-name.ts";
import { runWorkers } from "./workers/run-workers.ts";
import { linkWorker, type WorkerLink } from "./workers/worker-link.ts";

/** What `countersign serve` does. */
export const serveActions = { [ONLY_ACTION]: (call: Call) => run(call, serveServices) };

/**
 * Serve until the terminal asks it to stop.
 *
 * @param args the arguments behind `serve`
 * @param mode what is served
 */
export function serve(args: readonly string[], terminal: Terminal, mode: ServerMode): Promise<void> {
  return run({ args, terminal, line: readCommandLine(args, terminal.env) }, mode);
}

/** Where a server listens. */
interface Announced {
  readonly origin: string;
  readonly adminOrigin: string | undefined;
  readonly mtlsOrigin?: string | undefined;
}

type ServeCall = Pick<Call, "args" | "line" | "terminal">;

async function run({ args, line, terminal }: ServeCall, mode: ServerMode): Promise<void> {
  const { config, given } = line;
  const link = linkWorker(terminal.env);
  if (link !== undefined) {
    await serveAsWorker({ config, given, terminal, mode, link });
    return;
  }
  const store = describeStore(config);
  const announce = (server: Announced): void => {
    terminal.print(`Countersign is ready: ${server.origin} (admin ${server.adminOrigin})`);
    if (server.mtlsOrigin !== undefined) {
      terminal.print(`Clients show a certificate at ${server.mtlsOrigin}`);
    }
    terminal.print(`Store: ${store}`);
  };
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
