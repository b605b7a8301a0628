import { toBase64Url } from "./base64url.ts";

/** Make a name that cannot be guessed: 128 random bits in base64url. */
export function randomId(): string {
  const randomBytes = 16;
  return toBase64Url(crypto.getRandomValues(new Uint8Array(randomBytes)));
}
