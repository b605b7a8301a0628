import { defineCommand, ONLY_ACTION } from "../command.ts";
import { JSON_OPTION, LOGIN_USER_OPTION } from "../option.ts";

/** `countersign logout`: end what `countersign login` has begun. */
export const logoutCommand = defineCommand({
  name: "logout",
  summary: "End a login, at its server and on this machine.",
  about: [
    "Ends the login at the URL, without one the last that was made. Where the server cannot be reached, the tokens are removed",
    "all the same, and the exit code is 1: the session then goes on at the server until it expires.",
  ],
  actions: {
    [ONLY_ACTION]: {
      help: [],
      argument: "URL",
      isArgumentOptional: true,
      options: ["user", "all", "json"],
    },
  },
  options: { user: LOGIN_USER_OPTION, all: { help: "End all logins." }, json: JSON_OPTION },
  settings: [],
  load: async () => (await import("../login/logout.ts")).logoutActions,
});
