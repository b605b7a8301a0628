import { defineCommand, ONLY_ACTION } from "../command.ts";
import { JSON_OPTION } from "../option.ts";

/** `countersign init`: the gate into a server that there is. */
export const initCommand = defineCommand({
  name: "init",
  summary: "Put the gate into a Connect server that you have.",
  about: [
    "Looks through a project of Connect-ES 2, in the folder that it is run in or FOLDER, and prints what it would change:",
    "",
    "    .proto files    a guessed rule for each method that is served and has none, with a comment that says why",
    "    guard-routes    a new module with createAuth, in shadow mode: calls that the rules deny go on, and are written down",
    "    the server      connectNodeAdapter, expressConnectMiddleware, fastifyConnectPlugin and nextJsApiRouter get its routes",
    "    the tests       a new one with the list of who may call what (Vitest, node --test, Jest with ES modules)",
    "    package.json    @countersign/server, and a Protobuf-ES that it can use",
    "",
    "Then it asks. The changes are made in a copy first, where buf compiles the protos and generates their code as the project",
    "does; when that fails, nothing is written. A service whose proto is not in the project gets its rule in guard-routes.",
    "Read every rule before you leave shadow mode: a guess opens no method to strangers, but it may be too strict or too lax.",
    "",
    "The exit code is 0 if nothing is left to do by hand, 1 if something is, which it prints, or if nothing could be done.",
  ],
  actions: {
    [ONLY_ACTION]: {
      help: [],
      argument: "FOLDER",
      isArgumentOptional: true,
      options: ["issuer", "audience", "yes", "dry-run", "allow-dirty", "json"],
    },
  },
  options: {
    issuer: { placeholder: "URL", help: "Whose tokens are accepted.", fallback: "http://127.0.0.1:8080" },
    audience: {
      placeholder: "NAME",
      help: "The claim aud of these tokens. Default: the name of the package.",
    },
    yes: { help: "Write the changes without asking." },
    "dry-run": { help: "Print the changes, and write nothing." },
    "allow-dirty": { help: "Go on beside changes that are not committed." },
    json: JSON_OPTION,
  },
  settings: [],
  load: async () => (await import("../init/init.ts")).initActions,
});
