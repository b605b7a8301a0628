export { isSessionError, SessionError } from "../core/errors.ts";
export type { SessionEvent } from "../core/events.ts";
export { createMemoryStore } from "../core/memory-store.ts";
export type { SignOutResult } from "../core/revoke.ts";

export type { Session, TokenOptions } from "../core/session.ts";
export type { SessionSnapshot } from "../core/snapshot.ts";
export type { PasswordCredential } from "../core/source.ts";
export type { SessionStore, SignedOutReason } from "../core/store.ts";
export type { CookieStore, CookieStoreOptions } from "./cookie-store.ts";
export { createCookieStore } from "./cookie-store.ts";
export type { NodeTransportOptions } from "./create-node-transport.ts";
export { createNodeTransport } from "./create-node-transport.ts";
export type { NodeSessionOptions } from "./create-session.ts";
export { createSession } from "./create-session.ts";
export type { FileStoreOptions } from "./file-store.ts";
export { createFileStore } from "./file-store.ts";
export type { NodeProtocol, NodeTlsOptions } from "./http-transport.ts";
