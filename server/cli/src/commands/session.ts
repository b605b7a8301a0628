import { defineCommand } from "../command.ts";
import { JSON_OPTION } from "../option.ts";
import { STORE_SETTINGS } from "../settings.ts";
import { STORE_ABOUT } from "./store-options.ts";

/** `countersign session`: who is signed in. */
export const sessionCommand = defineCommand({
  name: "session",
  summary: "List sessions, and end them.",
  about: ["The options but --json name the owner of sessions.", "", ...STORE_ABOUT],
  actions: {
    list: {
      help: [
        "The sessions of a subject that can still be refreshed, newest first, with what each client said of its",
        "device, the address that it last signed in or refreshed from, and when that was (refreshed). Under actor, who",
        "acts for the subject.",
      ],
      options: ["user", "subject", "external-issuer", "external-subject", "json"],
    },
    revoke: {
      help: [
        "End one session, or all of their owner. Running servers refuse its tokens and end its streams",
        "within about a second.",
      ],
      argument: "SESSION_ID",
      isArgumentOptional: true,
      options: ["user", "subject", "client", "external-issuer", "external-subject", "json"],
    },
  },
  options: {
    user: { placeholder: "NAME", help: "An account, by its username." },
    subject: { placeholder: "SUBJECT", help: "A subject, as claim sub and the audit trail have it." },
    client: {
      placeholder: "ID",
      help: "A client, with the sessions that it has for others; to revoke only.",
    },
    "external-issuer": {
      placeholder: "URL",
      help: "All users of another issuer, to revoke only; with --external-subject, one of them.",
    },
    "external-subject": { placeholder: "NAME", help: "A user of that issuer, by its name there." },
    json: JSON_OPTION,
  },
  settings: STORE_SETTINGS,
  load: async () => (await import("../session.ts")).sessionActions,
});
