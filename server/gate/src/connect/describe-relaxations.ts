import type { InsecureIssuerOptions, IssuerOptions } from "./issuer-options.ts";

const MISSING_CLAIMS = [
  { option: "allowMissingType", what: "header typ" },
  { option: "allowMissingIssuedAt", what: "claim iat" },
  { option: "allowMissingSubject", what: "a subject" },
  { option: "allowMissingAudience", what: "an audience" },
] as const satisfies readonly { readonly option: keyof InsecureIssuerOptions; readonly what: string }[];

/** A realm of Keycloak, by its URL: its own audience `account` is in the tokens of every client of the realm. */
const REALM = /^https?:\/\/[^?#]+\/realms\/[^/?#]+$/;
const AUDIENCE_OF_EVERY_CLIENT = "account";

/**
 * Describe what makes an issuer less safe, each as a sentence for the log: its relaxations, and an audience that tells
 * nothing.
 *
 * @param audiences whom its tokens must be for
 */
export function describeRelaxations(
  { issuer, insecure = {} }: IssuerOptions,
  audiences: readonly string[],
): readonly string[] {
  const { maxTokenLifeSeconds, allowHttpHosts = [] } = insecure;
  const missing = MISSING_CLAIMS.filter(({ option }) => insecure[option] === true);
  const isForEveryClient = REALM.test(issuer) && audiences.includes(AUDIENCE_OF_EVERY_CLIENT);
  return [
    ...(isForEveryClient
      ? [
          `issuer ${issuer}: audience ${AUDIENCE_OF_EVERY_CLIENT} is in the tokens of every client of the realm, any of ` +
            "which can call with them: have an audience mapper name this server",
        ]
      : []),
    ...missing.map(({ what }) => `issuer ${issuer}: tokens without ${what} are accepted`),
    ...(maxTokenLifeSeconds === undefined
      ? []
      : [`issuer ${issuer}: tokens may live for ${maxTokenLifeSeconds} seconds`]),
    ...allowHttpHosts.map(
      (host) => `issuer ${issuer}: its keys may be fetched from ${host} over http, unprotected`,
    ),
  ];
}
