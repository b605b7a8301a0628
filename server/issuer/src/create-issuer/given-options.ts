import type { CreateIssuerOptions, SecretFile } from "./options.ts";

/** Every option: one that is new does not compile before it stands here. */
const OPTION_NAMES = {
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
 * Refuse an option that there is not: a limit that is misspelt would not hold.
 *
 * @throws TypeError when there is one
 */
export function assertOptionNames(options: CreateIssuerOptions): void {
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(OPTION_NAMES, name));
  if (unknown !== undefined) {
    throw new TypeError(`createIssuer has no option ${unknown}`);
  }
}

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
