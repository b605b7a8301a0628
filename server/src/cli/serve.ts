import type { Command } from "./command.ts";
import { readCommandLine } from "./config.ts";
import { runServer } from "./run-server.ts";
import { UsageError } from "./usage-error.ts";

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
  ].join("\n"),
  async run(args, terminal) {
    const { config, words } = readCommandLine(args, terminal.env);
    if (words.length > 0) {
      throw new UsageError("serve takes no words, only options");
    }
    await runServer(config, terminal, {
      mode: { isDemo: false },
      onReady: ({ origin, adminOrigin }) =>
        terminal.print(`Countersign is ready: ${origin} (admin ${adminOrigin})`),
    });
  },
};
