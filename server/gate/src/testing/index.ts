export type { TestIssuer, TestIssuerOptions } from "./create-test-issuer.ts";
export { createTestIssuer } from "./create-test-issuer.ts";
export { expectDenied } from "./expect-denied.ts";
export type { HostileToken } from "./hostile-tokens.ts";
export { HOSTILE_TOKENS } from "./hostile-tokens.ts";
export type { TestTokenOptions } from "./token-claims.ts";
export type { AnyClient } from "./with-token.ts";
export { withToken } from "./with-token.ts";
