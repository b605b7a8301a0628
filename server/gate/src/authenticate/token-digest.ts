/** Node's built-in hash, which answers at once. Looked up so that runtimes without it can load this file too. */
const nodeHash = globalThis.process?.getBuiltinModule?.("node:crypto")?.hash;

/**
 * Hash a token, so that a cache never holds the token itself.
 *
 * @returns the SHA-256 in base64: at once on Node, with a promise elsewhere (Web Crypto has no other way)
 */
export const digestToken: (token: string) => string | Promise<string> =
  nodeHash === undefined ? digestWithWebCrypto : (token) => nodeHash("sha256", token, "base64");

async function digestWithWebCrypto(token: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
  return btoa(String.fromCharCode(...new Uint8Array(digest)));
}
