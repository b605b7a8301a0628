import type { Command, Terminal } from "./command.ts";
import { type Config, readCommandLine } from "./config.ts";
import { runServer } from "./run-server.ts";
import { UsageError } from "./usage-error.ts";
import { runWorkers } from "./workers/run-workers.ts";
import { linkWorker, type WorkerLink } from "./workers/worker-link.ts";

const MODE = { isDemo: false } as const;

/** `countersign serve`: the server, with no accounts but those that were made. */
export const serveCommand: Command = {
  name: "serve",
  summary: "Run the server.",
  settings: "all",
  usage: [
    "Usage: countersign serve [settings]",
    "",
    "Runs the server until it is stopped. Logs go to standard error, one JSON object a line. It has no accounts",
    "of its own: make them with countersign user add.",
    "",
    "With --workers, several processes share the port, and with it the cores of the machine. A worker that ends is",
    "replaced; the admin port answers for all of them.",
  ].join("\n"),
  async run(args, terminal) {
    const { config, words } = readCommandLine(args, terminal.env);
    if (words.length > 0) {
      throw new UsageError("serve takes no words, only options");
    }
    const link = linkWorker();
    if (link !== undefined) {
      await serveAsWorker(config, terminal, link);
      return;
    }
    const announce = (server: { readonly origin: string; readonly adminOrigin: string | undefined }): void =>
      terminal.print(`Countersign is ready: ${server.origin} (admin ${server.adminOrigin})`);
    await (config.workers === 1
      ? runServer(config, terminal, { mode: MODE, onReady: announce })
      : runWorkers(config, terminal, { args: ["serve", ...args], onReady: announce }));
  },
};

async function serveAsWorker(config: Config, terminal: Terminal, link: WorkerLink): Promise<void> {
  try {
    await runServer(config, terminal, { mode: MODE, onReady: () => undefined, link });
  } finally {
    link.close();
  }
}
