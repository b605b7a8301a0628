// Users first: an issuer of one's own, and what it hands out.

export type { FederatedIssuerOptions } from "./create-issuer/federated-issuer.ts";
export type { IssuerErrorReason } from "./create-issuer/issuer-error.ts";
export { IssuerError } from "./create-issuer/issuer-error.ts";
export type {
  CreateIssuerOptions,
  InsecureCreateIssuerOptions,
  IssuerErrorSink,
  IssuerStoreLocation,
  SecretFile,
} from "./create-issuer/options.ts";
export type { Issuer } from "./create-issuer.ts";
export { createIssuer } from "./create-issuer.ts";
export type { AccountErrorReason } from "./credentials/account-error.ts";
export { AccountError } from "./credentials/account-error.ts";
export type { AccountUpdate } from "./credentials/account-update.ts";
export type { Accounts, NewAccount } from "./credentials/accounts.ts";
export type { ClientUpdate } from "./credentials/client-update.ts";
export type { ClientRotation, Clients, ClientWithSecret, NewClient } from "./credentials/clients.ts";
export type { PasswordCost } from "./credentials/password.ts";
export type { AcceptPassword, ProposedPassword } from "./credentials/password-rule.ts";
export type { KeyRing } from "./keys/key-ring.ts";
export type { RevocationOrder, RevocationTarget } from "./revoke/revocation-order.ts";
export type { InsecureRevocationsOptions } from "./revoke/revocation-source.ts";
export type { RevocationBatch, Revocations } from "./revoke/revocations.ts";
export { createRevocations } from "./revoke/revocations.ts";
export type { RevocationsOptions } from "./revoke/revocations-options.ts";
export type { NewExternalSession, NewSession, ProvenAccount } from "./sessions/begin-session.ts";
export type { SessionEnd } from "./sessions/end-sessions.ts";
export type { RefreshInput } from "./sessions/refresh.ts";
export type { EndReason } from "./sessions/session-options.ts";
export { FIRST_PARTY_CLIENT_ID } from "./sessions/session-options.ts";
export type { Sessions } from "./sessions/sessions.ts";
export { InvalidTargetError } from "./sessions/token-audience.ts";
export type { ClaimsGrant, ClaimsHook } from "./sessions/token-claims.ts";
export type { IssuedTokens } from "./sessions/tokens.ts";
export type { SignalLimits } from "./signals/signal-limits.ts";
export type { AccountRecord } from "./store/accounts.ts";
export type { ClientCertificateRule } from "./store/client-certificate-rule.ts";
export type { ClientTrust } from "./store/client-trust.ts";
export type { ClientRecord } from "./store/clients.ts";
export type { CustomClaims } from "./store/custom-claims.ts";
export type { StoreLocation } from "./store/database.ts";
export type { SessionRecord } from "./store/session-record.ts";
export type { SigningKeyRecord, SigningKeyState } from "./store/signing-keys.ts";
