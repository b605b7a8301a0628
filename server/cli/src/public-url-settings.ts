import { setting } from "./setting.ts";
import { flagValue, list } from "./setting-parsers.ts";

/** The settings of DPoP proofs. */
export const PUBLIC_URL_SETTINGS = {
  publicUrls: setting(
    "public-url",
    "The URLs by which clients reach the server, with commas: DPoP proofs name them. Default: the issuer's.",
    "",
    list,
    "URLS",
  ),
  dpopNonces: setting(
    "dpop-nonces",
    "DPoP proofs need a nonce of the servers on the store: one that was made ahead is worth nothing.",
    "false",
    flagValue,
  ),
} as const;
