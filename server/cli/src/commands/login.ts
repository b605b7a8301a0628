import { defineCommand, ONLY_ACTION } from "../command.ts";
import { JSON_OPTION } from "../option.ts";

/** `countersign login`: sign in, for `countersign token print`. */
export const loginCommand = defineCommand({
  name: "login",
  summary: "Sign in, so that token print has access tokens.",
  about: [
    "At a Countersign server, with --user: the password is asked for, or read from standard input when that is no",
    "terminal. At any OpenID provider, with --client-id: it prints a code that you enter in a browser, on any device",
    "(device authorization, RFC 8628).",
    "",
    "    countersign login https://auth.example.com --user ada",
    "    countersign login https://idp.example.com --client-id my-cli --scope openid --scope offline_access",
    '    buf curl -H "authorization: Bearer $(countersign token print)" …',
    "",
    "The tokens are kept in countersign/logins of XDG_CONFIG_HOME, by default ~/.config (on Windows, APPDATA): encrypted,",
    "with the key in the keychain of macOS or, where secret-tool is installed, in the keyring of a Linux desktop; else in",
    "plain text that only you can read. Several logins are kept side by side, one for each user of a server.",
  ],
  actions: {
    [ONLY_ACTION]: {
      help: [],
      argument: "URL",
      options: ["user", "client-id", "scope", "resource", "audience", "no-keychain", "json"],
    },
  },
  options: {
    user: { placeholder: "NAME", help: "Sign in with the password of this account." },
    "client-id": { placeholder: "ID", help: "Sign in with a device code, as this client of the provider." },
    scope: {
      placeholder: "SCOPE",
      isRepeatable: true,
      help: "What the tokens are to allow. Default: all of the account, or openid and offline_access.",
    },
    resource: { placeholder: "URL", help: "The API that the tokens are for (RFC 8707)." },
    audience: {
      placeholder: "NAME",
      help: "The same for providers that call it audience, such as Auth0; with --client-id.",
    },
    "no-keychain": { help: "Keep the tokens in plain text also where there is a keychain." },
    json: JSON_OPTION,
  },
  settings: [],
  load: async () => (await import("../login/login.ts")).loginActions,
});
