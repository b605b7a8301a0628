import { defineCommand, ONLY_ACTION } from "../command.ts";
import { SETTING_NAMES } from "../settings.ts";

/** `countersign serve`: the server, with no accounts but those that were made. */
export const serveCommand = defineCommand({
  name: "serve",
  summary: "Run the server.",
  about: [
    "Runs the server until it is stopped: sessions, renewals of streams, health, and reflection for callers with a",
    "token. Logs go to standard error, one JSON object a line. It needs --audience. It has no accounts of its own:",
    "make them with countersign user add. Without a database it makes one in the data folder, and says so.",
    "",
    "With --workers, several processes share the port, and with it the cores of the machine. A worker that ends is",
    "replaced; the admin port answers for all of them.",
  ],
  actions: { [ONLY_ACTION]: { help: [], options: [] } },
  options: {},
  settings: SETTING_NAMES,
  load: async () => (await import("../serve.ts")).serveActions,
});
