import { defineCommand, ONLY_ACTION } from "../command.ts";
import { SETTING_NAMES } from "../settings.ts";

/** `countersign demo`: the server with all that is needed to try it out. */
export const demoCommand = defineCommand({
  name: "demo",
  summary: "Run the server with notes, the web demo, reflection and two accounts.",
  about: [
    "Runs the server with what is needed to try it out: a service of notes, the web demo at /, reflection for",
    "everyone, and two accounts whose passwords are printed. Never run it where others can reach it.",
  ],
  actions: { [ONLY_ACTION]: { help: [], options: [] } },
  options: {},
  settings: SETTING_NAMES,
  fallbacks: { audience: "countersign-demo", logLevel: "warn", insecureSharedFiles: "true" },
  load: async () => (await import("../demo.ts")).demoActions,
});
