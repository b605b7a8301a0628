import { defineCommand } from "../command.ts";
import { JSON_OPTION, LOGIN_USER_OPTION } from "../option.ts";

/** `countersign token`: the access tokens of a login, and what tokens say. */
export const tokenCommand = defineCommand({
  name: "token",
  summary: "Print an access token of a login, or look into one.",
  about: [
    '    buf curl -H "authorization: Bearer $(countersign token print)" …',
    "",
    "print can run in many processes at once: one refreshes the token, and all print the new one. It exits with 4 when you",
    "must sign in first, and with 1 when there is no token for another reason, which may pass.",
  ],
  actions: {
    print: {
      help: [
        "Print an access token of the login at the URL, without one of the last that was made. It lasts for a minute at",
        "least, or for half its life where that is less: one with less left is refreshed first.",
      ],
      argument: "URL",
      isArgumentOptional: true,
      options: ["user", "json"],
    },
    list: { help: ["List the logins, the last that was made first."], options: ["json"] },
    inspect: {
      help: [
        "Print the header and the claims of a token from standard input, as in: token inspect < token.",
        "The signature is NOT verified.",
      ],
      options: ["json"],
    },
  },
  options: { user: LOGIN_USER_OPTION, json: JSON_OPTION },
  settings: [],
  load: async () => (await import("../token.ts")).tokenActions,
});
