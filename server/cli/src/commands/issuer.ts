import { defineCommand } from "../command.ts";
import { JSON_OPTION } from "../option.ts";

/** `countersign issuer`: look at an identity provider before it is trusted. */
export const issuerCommand = defineCommand({
  name: "issuer",
  summary: "Check an identity provider, and print the options that trust it.",
  about: [
    "Asks the provider as the gate would: its metadata at both well-known places, and its keys. Says what is unusual,",
    "and prints the options to paste, for createAuth and for the file of --trusted-issuers. With a token, it also says",
    "which options the token asks for, and what the gate says to it with these. It never prints the token.",
    "The exit code is 0 if the issuer can be trusted, 1 if there are no keys to be used or the token is refused, and 2 if",
    "the command was called wrongly.",
  ],
  actions: {
    check: {
      help: ["Check the issuer of this URL, or of the metadata at this URL."],
      argument: "URL",
      options: ["token", "audience", "metadata-url", "jwks-url", "ca", "bearer-token-file", "json"],
    },
  },
  options: {
    token: { placeholder: "FILE", help: "A file with an access token of the issuer; - for standard input." },
    audience: {
      placeholder: "NAME",
      isRepeatable: true,
      help: "Whom tokens must be for. Default: whom the token is for.",
    },
    "metadata-url": { placeholder: "URL", help: "Where its metadata is. Default: both well-known places." },
    "jwks-url": { placeholder: "URL", help: "Where its keys are. Default: where its metadata says." },
    ca: { placeholder: "FILE", help: "The certificates to trust, in PEM. Default: those that Node trusts." },
    "bearer-token-file": { placeholder: "FILE", help: "A file with a token to ask for the keys with." },
    json: JSON_OPTION,
  },
  settings: [],
  load: async () => (await import("../issuer.ts")).issuerActions,
});
