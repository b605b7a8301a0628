import { REMEDIES, type Remedies } from "@countersign/server/internal";

/** What an operator of `countersign serve` can do: options of `createAuth` are settings and members of the file there. */
export const SERVE_REMEDIES: Remedies = {
  ...REMEDIES,
  policy: "give the method an access rule in its proto",
  rate: "raise --bad-tokens-per-10s if these callers are honest, and give --behind-tls-proxy if a proxy is in front",
  token_source: "have the client send its token once: in the header that --token-header names, alone",
  token_size: "ask the issuer for shorter tokens, or raise --max-token-bytes",
  issuer:
    "add the issuer to the file of --trusted-issuers, exactly as its tokens name it, to the last slash; " +
    "if it is this server, see that --issuer is the URL that its tokens have",
  tenant: "add the tenant to tenants of the issuer in the file of --trusted-issuers, if its users may call",
  algorithm: "name the algorithm in algorithms of the issuer in the file of --trusted-issuers",
  type:
    "name the type in types of the issuer in the file of --trusted-issuers, unless this is an ID token: clients must " +
    "send access tokens",
  key: "see that the issuer publishes the key, and that keys in the file of --trusted-issuers points there",
  audience:
    "have the client ask for tokens for --audience, or name this audience in audiences of the issuer in the file of " +
    "--trusted-issuers",
  subject: "say in claims.subject of the issuer in the file of --trusted-issuers where the subject stands",
  life: "have the issuer grant shorter tokens, or set insecure.maxTokenLifeSeconds of it in the file of --trusted-issuers",
  not_before: "set the clocks of issuer and server by NTP, or raise --clock-tolerance",
};
