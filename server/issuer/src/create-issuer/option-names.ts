import type { CreateIssuerOptions, SecretFile } from "./options.ts";

/** Every option of createIssuer: one that is new does not compile before it stands here. */
export const OPTION_NAMES = {
  store: true,
  secret: true,
  url: true,
  audience: true,
  accessTtlMs: true,
  clockToleranceMs: true,
  sessionIdleTtlMs: true,
  sessionMaxTtlMs: true,
  keyRotationMs: true,
  keyPublishBeforeMs: true,
  jwksMaxAgeMs: true,
  federatedIssuers: true,
  allowedOrigins: true,
  signInsPerMinute: true,
  acceptPassword: true,
  replaces: true,
  provisional: true,
  bus: true,
  observe: true,
  audit: true,
  onError: true,
  onWarning: true,
  clock: true,
  insecure: true,
} satisfies Record<keyof CreateIssuerOptions, true>;

/**
 * Refuse a secret that is neither bytes nor the name of a file, as programs in JavaScript can give it.
 *
 * @throws TypeError when it is
 */
export function assertSecret(
  secret: Uint8Array | Partial<Readonly<Record<keyof SecretFile, unknown>>> | string | undefined | null,
): void {
  const file = typeof secret === "object" && secret !== null && "file" in secret ? secret.file : undefined;
  if (!(secret instanceof Uint8Array) && (typeof file !== "string" || file === "")) {
    throw new TypeError("secret must be a Uint8Array of 32 bytes, or { file } with the path of a file");
  }
}
