/** Make a name that cannot be guessed: 128 random bits in base64url. */
export function randomId(): string {
  const randomBytes = 16;
  const bytes = crypto.getRandomValues(new Uint8Array(randomBytes));
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
