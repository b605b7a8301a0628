export { isSessionError, SessionError } from "../core/errors.ts";
export type { SessionEvent } from "../core/events.ts";
export { createMemoryStore } from "../core/memory-store.ts";
export type { SignOutResult } from "../core/revoke.ts";

export type { Session, TokenOptions } from "../core/session.ts";
export type { SessionSnapshot } from "../core/snapshot.ts";
export type { PasswordCredential } from "../core/source.ts";
export type { OnStepUp, StepUp } from "../core/step-up.ts";
export type { SessionStore, SignedOutReason } from "../core/store.ts";
export type { BrowserSessionOptions } from "./create-session.ts";
export { createSession } from "./create-session.ts";
export type { IndexedDbStoreOptions } from "./indexed-db-store.ts";
export { createIndexedDbStore } from "./indexed-db-store.ts";
