import type { Option } from "../option.ts";

/** Makes the store when it is missing. */
export const CREATE_OPTION: Option = {
  help: "Make the database when there is none, and its folder. Without it, that is an error.",
};

/** The scopes and roles of an account or a client. */
export const RIGHTS_OPTIONS: Readonly<Record<string, Option>> = {
  scope: {
    placeholder: "SCOPE",
    isRepeatable: true,
    help: "A scope that its tokens may have; as often as needed.",
  },
  "no-scopes": { help: "No scopes at all." },
  role: { placeholder: "ROLE", isRepeatable: true, help: "A role; as often as needed." },
  "no-roles": { help: "No roles at all." },
};

/** The claims of an account or a client. */
export const CLAIM_OPTIONS: Readonly<Record<string, Option>> = {
  claim: {
    placeholder: "NAME=VALUE",
    isRepeatable: true,
    help: "A claim that its tokens have; the value is JSON, or else text. As often as needed.",
  },
  "no-claim": { placeholder: "NAME", isRepeatable: true, help: "A claim that they have no more." },
  "no-claims": { help: "No claims at all." },
};

/** The other issuer whose tokens prove who a client is. */
export const TRUST_OPTIONS: Readonly<Record<string, Option>> = {
  "trust-issuer": {
    placeholder: "ISSUER",
    help: "It has no secret: tokens of this issuer prove who it is, one of --trusted-issuers.",
  },
  "trust-subject": {
    placeholder: "SUBJECT",
    isRepeatable: true,
    help: "Whom these tokens are about, exactly; as often as needed.",
  },
};

/** The certificate that proves who a client is. */
export const CERTIFICATE_OPTIONS: Readonly<Record<string, Option>> = {
  certificate: {
    placeholder: "FILE",
    isRepeatable: true,
    help: "A certificate of it, in PEM, whoever has signed it; as often as needed.",
  },
  "certificate-name": {
    placeholder: "KIND:NAME",
    help: "What stands in its certificate, which --client-ca has signed: subject:, uri:, dns: or email: and the name.",
  },
};

/** How long a client's secret before stays good, when nothing else is said: time to bring the new one to every machine. */
export const DEFAULT_OVERLAP = "24h";

/** What a client may do when nothing else is said. */
export const DEFAULT_GRANT = "client_credentials";

/** How commands that work on a store name it. */
export const STORE_ABOUT: readonly string[] = [
  "The store that it worked on is named on standard error, and in JSON objects as the member store.",
];
