// Users first: what a server needs to issue tokens of its own.

export type { FederatedIssuerOptions } from "./create-issuer/federated-issuer.ts";
export type { IssuerErrorReason } from "./create-issuer/issuer-error.ts";
export { IssuerError } from "./create-issuer/issuer-error.ts";
export type { CreateIssuerOptions, IssuerStoreLocation, SecretFile } from "./create-issuer/options.ts";
export type { Issuer } from "./create-issuer.ts";
export { createIssuer } from "./create-issuer.ts";
export type { AccountUpdate } from "./credentials/account-update.ts";
export type { Accounts, AccountsOptions, NewAccount } from "./credentials/accounts.ts";
export { createAccounts } from "./credentials/accounts.ts";
export type { AssertionCheckOptions } from "./credentials/client-assertion.ts";
export type { ClientAuthentication, ClientCredential } from "./credentials/client-authentication.ts";
export { createClientAuthentication } from "./credentials/client-authentication.ts";
export type { ClientGrant } from "./credentials/client-names.ts";
export type { ClientUpdate } from "./credentials/client-update.ts";
export type {
  ClientRotation,
  Clients,
  ClientsOptions,
  ClientWithSecret,
  NewClient,
} from "./credentials/clients.ts";
export { createClients } from "./credentials/clients.ts";
export type { FederatedIdentity, FederatedIssuer } from "./credentials/federated-identity.ts";
export type { Federation, FederationOptions } from "./credentials/federation.ts";
export { createFederation } from "./credentials/federation.ts";
export type { PasswordCost, Passwords } from "./credentials/password.ts";
export { createPasswords } from "./credentials/password.ts";
export type {
  PasswordChange,
  PasswordChangeOptions,
  PasswordReplacement,
} from "./credentials/password-change.ts";
export { createPasswordChange } from "./credentials/password-change.ts";
export type { PasswordInput, PasswordSignIn, PasswordSignInOptions } from "./credentials/password-sign-in.ts";
export { createPasswordSignIn } from "./credentials/password-sign-in.ts";
export { createSharedSignInLimiter } from "./credentials/shared-sign-in-limiter.ts";
export type { SignInLimiter } from "./credentials/sign-in-limiter.ts";
export { createSignInLimiter } from "./credentials/sign-in-limiter.ts";
export type { TurnsOptions } from "./credentials/turns.ts";
export type { IssueAudit, IssueEvent } from "./issue-audit.ts";
export type { KeyRing, KeyRingOptions } from "./keys/key-ring.ts";
export { createKeyRing } from "./keys/key-ring.ts";
export type { KeyRingTimes } from "./keys/key-times.ts";
export type { SecretFileOptions } from "./keys/secret-file.ts";
export { loadSecretFile } from "./keys/secret-file.ts";
export type { SigningKey } from "./keys/signing-key.ts";
export type { JwksDocument, MetadataDocument, OpenIdDocument } from "./oauth2/metadata.ts";
export { toJwksDocument, toMetadataDocument, toOpenIdDocument } from "./oauth2/metadata.ts";
export type { RevocationBatch } from "./revoke/revocation-listeners.ts";
export type { RevocationOrder, RevocationTarget } from "./revoke/revocation-order.ts";
export type { Revocations, RevocationsOptions } from "./revoke/revocations.ts";
export { createRevocations } from "./revoke/revocations.ts";
export type { SessionServiceOptions } from "./services/session-service.ts";
export { createSessionService } from "./services/session-service.ts";
export type {
  Credential,
  FederatedInput,
  SignIn,
  SignInInput,
  SignInOptions,
} from "./services/session-sign-in.ts";
export { createSignIn } from "./services/session-sign-in.ts";
export type { AccessGrants, AccessGrantsOptions, NewAccess } from "./sessions/access-grants.ts";
export { createAccessGrants } from "./sessions/access-grants.ts";
export type { NewExternalSession, NewSession } from "./sessions/begin-session.ts";
export type { SessionEnd } from "./sessions/end-sessions.ts";
export type { RefreshInput } from "./sessions/refresh.ts";
export type {
  EndReason,
  ExternalTerms,
  RevocationLearner,
  SessionsOptions,
} from "./sessions/session-options.ts";
export { FIRST_PARTY_CLIENT_ID } from "./sessions/session-options.ts";
export type { Sessions } from "./sessions/sessions.ts";
export { createSessions } from "./sessions/sessions.ts";
export type { IssuedTokens } from "./sessions/tokens.ts";
export type { AccountRecord } from "./store/accounts.ts";
export type { ClientRecord } from "./store/clients.ts";
export type { Store, StoreLocation, StoreOptions } from "./store/database.ts";
export { openDatabase } from "./store/database.ts";
export type { SessionRecord } from "./store/session-record.ts";
export type { SigningKeyRecord, SigningKeyState } from "./store/signing-keys.ts";
