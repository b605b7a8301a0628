import { defineCommand } from "../command.ts";
import { JSON_OPTION } from "../option.ts";
import { STORE_SETTINGS } from "../settings.ts";
import {
  CERTIFICATE_OPTIONS,
  CLAIM_OPTIONS,
  CREATE_OPTION,
  DEFAULT_GRANT,
  DEFAULT_OVERLAP,
  RIGHTS_OPTIONS,
  STORE_ABOUT,
  TRUST_OPTIONS,
} from "./store-options.ts";

/** `countersign client`: the programs that sign in as themselves. */
export const clientCommand = defineCommand({
  name: "client",
  summary: "Add, list, change, rotate and disable clients: programs that sign in as themselves.",
  about: STORE_ABOUT,
  actions: {
    add: {
      help: [
        "Add a client. Its secret is made for it and printed once. With --jwks it has no secret: it signs",
        "assertions with its private key (private_key_jwt). With --trust-issuer it has no secret either: it sends",
        "tokens of that issuer, such as those of a Kubernetes service account, that are for this server (RFC 7523).",
        "With --certificate or --certificate-name, the certificate that it shows in TLS proves who it is, and its",
        "tokens are bound to that one (RFC 8705).",
      ],
      argument: "CLIENT_ID",
      options: [
        "scope",
        "role",
        "claim",
        "grant",
        "introspect",
        "signals",
        "jwks",
        "trust-issuer",
        "trust-subject",
        "certificate",
        "certificate-name",
        "create",
        "json",
      ],
    },
    list: { help: ["List all clients."], options: ["json"] },
    set: {
      help: [
        "Replace all scopes, all roles, all grants, or what else is named; give claims a value, or take them away.",
        "Servers judge its calls and streams by that within a second, also with tokens of before.",
      ],
      argument: "CLIENT_ID",
      options: [
        "scope",
        "no-scopes",
        "role",
        "no-roles",
        "claim",
        "no-claim",
        "no-claims",
        "grant",
        "introspect",
        "no-introspect",
        "revoke",
        "json",
      ],
    },
    rotate: {
      help: [
        "Make a new secret, and print it once. The one before stays good for the overlap. With --jwks,",
        "--trust-issuer or a certificate, it proves itself by that at once, and by nothing else.",
      ],
      argument: "CLIENT_ID",
      options: [
        "overlap",
        "jwks",
        "trust-issuer",
        "trust-subject",
        "certificate",
        "certificate-name",
        "json",
      ],
    },
    disable: {
      help: ["Refuse it from now on, and revoke its tokens."],
      argument: "CLIENT_ID",
      options: ["json"],
    },
    enable: { help: ["Accept it again."], argument: "CLIENT_ID", options: ["json"] },
  },
  options: {
    ...RIGHTS_OPTIONS,
    ...CLAIM_OPTIONS,
    grant: {
      placeholder: "GRANT",
      isRepeatable: true,
      help: "client_credentials, token-exchange, jwt-bearer or refresh_token; as often as needed.",
      fallback: DEFAULT_GRANT,
    },
    introspect: { help: "It may ask about the tokens of others." },
    signals: {
      help: "Its servers learn what is revoked from this one: it has the scopes signals:read and signals:renew, too.",
    },
    "no-introspect": { help: "It may no more." },
    revoke: { help: "Revoke its tokens, so that what it loses is gone at once." },
    jwks: { placeholder: "FILE", help: "Its public keys: a JWK Set in a file." },
    ...TRUST_OPTIONS,
    ...CERTIFICATE_OPTIONS,
    overlap: {
      placeholder: "DURATION",
      help: "How long the secret before stays good, such as 0s or 7d.",
      fallback: DEFAULT_OVERLAP,
    },
    create: CREATE_OPTION,
    json: JSON_OPTION,
  },
  settings: STORE_SETTINGS,
  load: async () => (await import("../client.ts")).clientActions,
});
