/**
 * Check for what hosts such as React Native may lack. The rest is done without, or Connect asks for it.
 *
 * @throws TypeError that names it, before anything fails that does not say so
 */
export function assertHost(): void {
  // A host may lack any of them, whatever its types say: hence the cast.
  const { crypto, AbortSignal } = globalThis as Partial<typeof globalThis>;
  const lacking =
    (!crypto?.getRandomValues && "crypto.getRandomValues") ||
    (!AbortSignal?.prototype.throwIfAborted && "AbortSignal.prototype.throwIfAborted");
  if (lacking) {
    throw new TypeError(`polyfill ${lacking}`);
  }
}
