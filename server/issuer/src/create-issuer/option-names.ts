import type { CreateIssuerOptions } from "./options.ts";

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
