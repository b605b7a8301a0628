import { toBase64Url } from "./base64url.ts";

/** Make an identifier of 128 random bits, so that no other party can guess it. */
export function randomId(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(16)));
}
