import { defineCommand } from "../command.ts";
import { JSON_OPTION } from "../option.ts";

/** `countersign token`: look into an access token. */
export const tokenCommand = defineCommand({
  name: "token",
  summary: "Look into an access token.",
  about: [],
  actions: {
    inspect: {
      help: [
        "Print the header and the claims of a token from standard input, as in: token inspect < token.",
        "The signature is NOT verified.",
      ],
      options: ["json"],
    },
  },
  options: { json: JSON_OPTION },
  settings: [],
  load: async () => (await import("../token.ts")).tokenActions,
});
