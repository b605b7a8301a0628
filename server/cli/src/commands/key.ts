import { defineCommand } from "../command.ts";
import { JSON_OPTION } from "../option.ts";
import { STORE_SETTINGS } from "../settings.ts";
import { STORE_ABOUT } from "./store-options.ts";

/** `countersign key`: the keys that sign access tokens. */
export const keyCommand = defineCommand({
  name: "key",
  summary: "List, rotate and withdraw the keys that sign access tokens.",
  about: ["Give it the same times as the servers on the store.", "", ...STORE_ABOUT],
  actions: {
    list: {
      help: [
        "Every key, with its state: next (published, not used yet), active (signs), retired (verifies",
        "what it signed) or removed.",
      ],
      options: ["json"],
    },
    rotate: {
      help: [
        "Let the next key sign from now on, and publish another. Running servers follow within seconds.",
      ],
      options: ["force", "json"],
    },
    compromise: {
      help: [
        "Remove a key that others may have: running servers refuse what it signed, and end streams",
        "on it, within a second. Users stay signed in: their next refresh brings a token of another key.",
      ],
      argument: "KID",
      options: ["json"],
    },
  },
  options: {
    force: {
      help: "Rotate even if verifiers may not have seen the next key yet: their next calls may fail.",
    },
    json: JSON_OPTION,
  },
  settings: [
    ...STORE_SETTINGS,
    "secretFile",
    "accessTtlMs",
    "clockToleranceMs",
    "keyPublishBeforeMs",
    "jwksMaxAgeMs",
  ],
  load: async () => (await import("../key.ts")).keyActions,
});
