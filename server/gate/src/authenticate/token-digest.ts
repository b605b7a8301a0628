/** Looked at here, so that runtimes without it can load this file too. */
const { process } = globalThis;

/** Hashes a token: at once on Node, with a promise elsewhere (Web Crypto has no other way). */
type TokenDigest = (token: string) => string | Promise<string>;

/**
 * Create what hashes tokens, so that a cache never holds a token itself: with SHA-256, in base64. It loads `node:crypto`,
 * which takes longer than to load the gate's own code.
 */
export function createTokenDigest(): TokenDigest {
  const nodeHash = process?.getBuiltinModule?.("node:crypto")?.hash;
  return nodeHash === undefined ? digestWithWebCrypto : (token) => nodeHash("sha256", token, "base64");
}

/** Hash one token or another text, as {@link createTokenDigest} says. */
export function digestToken(token: string): string | Promise<string> {
  return createTokenDigest()(token);
}

async function digestWithWebCrypto(token: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
  return btoa(String.fromCharCode(...new Uint8Array(digest)));
}
