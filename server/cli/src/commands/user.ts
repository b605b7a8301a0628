import { defineCommand } from "../command.ts";
import { JSON_OPTION } from "../option.ts";
import { STORE_SETTINGS } from "../settings.ts";
import { CLAIM_OPTIONS, CREATE_OPTION, RIGHTS_OPTIONS, STORE_ABOUT } from "./store-options.ts";

/** `countersign user`: the accounts that sign in with a password. */
export const userCommand = defineCommand({
  name: "user",
  summary: "Add, list, change and delete accounts.",
  about: [
    "Passwords are asked for at the terminal, or read from standard input when it is none: never from the",
    "command line, where others could see them. passwd, disable and delete end all sessions of the account.",
    "",
    ...STORE_ABOUT,
  ],
  actions: {
    add: {
      help: ["Add an account."],
      argument: "NAME",
      options: ["scope", "role", "claim", "create", "json"],
    },
    list: { help: ["List all accounts."], options: ["json"] },
    set: {
      help: [
        "Replace all scopes, all roles, or both; give claims a value, or take them away. Servers judge the account's",
        "calls and streams by that within a second, also with tokens of before; new scopes come with the next sign-in.",
      ],
      argument: "NAME",
      options: ["scope", "no-scopes", "role", "no-roles", "claim", "no-claim", "no-claims", "revoke", "json"],
    },
    passwd: { help: ["Set another password."], argument: "NAME", options: ["json"] },
    disable: { help: ["Refuse it from now on."], argument: "NAME", options: ["json"] },
    enable: { help: ["Accept it again."], argument: "NAME", options: ["json"] },
    delete: {
      help: ["Remove the account for good. Its subject is never used again; its name can be."],
      argument: "NAME",
      options: ["json"],
    },
  },
  options: {
    ...RIGHTS_OPTIONS,
    ...CLAIM_OPTIONS,
    revoke: { help: "End all sessions of the account, so that what it loses is gone at once." },
    create: CREATE_OPTION,
    json: JSON_OPTION,
  },
  settings: STORE_SETTINGS,
  load: async () => (await import("../user.ts")).userActions,
});
