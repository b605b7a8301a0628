import { setting } from "./setting.ts";
import { list } from "./setting-parsers.ts";

/** The setting of the URLs that proofs of a sender name. */
export const PUBLIC_URL_SETTINGS = {
  publicUrls: setting(
    "public-url",
    "The URLs by which clients reach the server, with commas: DPoP proofs name them. Default: the issuer's.",
    "",
    list,
    "URLS",
  ),
} as const;
