import { createHash } from "node:crypto";

/** The longest username, in bytes of UTF-8. */
export const MAX_USERNAME_BYTES = 256;

/** Bring a username into the one form that accounts are found by: letter case and width do not matter. */
export function normalizeUsername(username: string): string {
  return username.normalize("NFKC").toLowerCase().normalize("NFKC");
}

/** Shorten a normalized username to a key of fixed size that does not reveal it. */
export function digestUsername(username: string): string {
  return createHash("sha256").update(username).digest("base64url");
}
