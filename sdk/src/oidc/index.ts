export type { ClientCredentialsOptions } from "./client-credentials.ts";
export { clientCredentials } from "./client-credentials.ts";
export type { CodeFlow, CodeFlowOptions } from "./code-flow.ts";
export type { DeviceCode, DeviceFlow, DeviceOptions } from "./device-flow.ts";
export type { OidcOptions, OidcSource } from "./oidc.ts";
export { oidc } from "./oidc.ts";
export type { ClientProof, ProviderOptions } from "./provider.ts";
