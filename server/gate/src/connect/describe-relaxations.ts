import type { InsecureIssuerOptions, IssuerOptions } from "./issuer-options.ts";

const MISSING_CLAIMS = [
  { option: "allowMissingType", what: "header typ" },
  { option: "allowMissingIssuedAt", what: "claim iat" },
  { option: "allowMissingSubject", what: "a subject" },
  { option: "allowMissingAudience", what: "an audience" },
] as const satisfies readonly { readonly option: keyof InsecureIssuerOptions; readonly what: string }[];

/** Describe the relaxations of an issuer, each as a sentence for the log. */
export function describeRelaxations({ issuer, insecure = {} }: IssuerOptions): readonly string[] {
  const { maxTokenLifeSeconds, allowHttpHosts = [] } = insecure;
  const missing = MISSING_CLAIMS.filter(({ option }) => insecure[option] === true);
  return [
    ...missing.map(({ what }) => `issuer ${issuer}: tokens without ${what} are accepted`),
    ...(maxTokenLifeSeconds === undefined
      ? []
      : [`issuer ${issuer}: tokens may live for ${maxTokenLifeSeconds} seconds`]),
    ...allowHttpHosts.map(
      (host) => `issuer ${issuer}: its keys may be fetched from ${host} over http, unprotected`,
    ),
  ];
}
