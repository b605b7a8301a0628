export type { AssembleOptions, FollowOptions, SessionSource } from "./core/assemble-session.ts";
export type { Cancel, Clock, ScheduleOptions } from "./core/clock.ts";
export { systemClock } from "./core/clock.ts";
export type { SessionOptions } from "./core/create-session.ts";
export { createSession } from "./core/create-session.ts";
export type { AuthReason } from "./core/error-info.ts";
export type { SessionErrorOptions, SessionErrorReason } from "./core/errors.ts";
export { isSessionError, SessionError } from "./core/errors.ts";
export type { SessionEvent } from "./core/events.ts";
export type { FunctionSourceOptions } from "./core/from-function.ts";
export { fromFunction } from "./core/from-function.ts";
export { fromSession } from "./core/from-session.ts";
export { createMemoryStore } from "./core/memory-store.ts";
export { isReason, reasonOf, retryAfterMsOf } from "./core/reason-of.ts";
export type { Interruption, ResumableOptions, StreamingCall } from "./core/resumable.ts";
export { resumable } from "./core/resumable.ts";
export type { SignOutResult } from "./core/revoke.ts";
export type { Session, TokenOptions } from "./core/session.ts";
export type { SessionSnapshot } from "./core/snapshot.ts";
export type {
  LastTokens,
  MaxTokenLife,
  PasswordCredential,
  RefreshAttempt,
  StreamRef,
  StreamRenewal,
  TokenGrant,
  TokenSource,
} from "./core/source.ts";
export type { SourceErrorKind, TokenSourceErrorOptions } from "./core/source-error.ts";
export { isTokenSourceError, TokenSourceError } from "./core/source-error.ts";
export type { OnStepUp, StepUp } from "./core/step-up.ts";
export type { SessionStore, SignedOutReason } from "./core/store.ts";
