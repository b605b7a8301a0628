// What the other packages of Countersign need of this one, in the same release. It changes without notice.

export type { IssuerAdmin } from "./create-issuer/admin.ts";
export { openIssuerAdmin } from "./create-issuer/admin.ts";
export { StoreNameError } from "./create-issuer/issuer-error.ts";
export { findIssuerUrlFault } from "./create-issuer/issuer-url.ts";
export type { OpenIssuer } from "./create-issuer.ts";
export { openIssuer } from "./create-issuer.ts";
export { assertNewAccount } from "./credentials/accounts.ts";
export { CLIENT_GRANTS } from "./credentials/client-names.ts";
export { toFederatedSubject } from "./credentials/federated-identity.ts";
export { createPasswords } from "./credentials/password.ts";
export { assertPassword } from "./credentials/password-rule.ts";
export { shareRateLimit } from "./credentials/sign-in-attempts.ts";
export { normalizeUsername } from "./credentials/username.ts";
export { KeyTooNewError } from "./keys/key-rotation.ts";
export { findAccountByUsername, findAccountWithPassword } from "./store/accounts.ts";
export type { Store } from "./store/database.ts";
export { StoreMissingError } from "./store/migrations/migrate.ts";
export { listLiveSessions } from "./store/sessions.ts";
export { listSigningKeys } from "./store/signing-keys.ts";
