// What the other packages of Countersign need of this one, in the same release. It changes without notice.

export { createAuthenticator, type TokenOrigin } from "./authenticate/authenticator.ts";
export type { UnverifiedJws } from "./authenticate/compact-jws.ts";
export { hasRefusedHeader, parseCompactJws } from "./authenticate/compact-jws.ts";
export { createFindCurrent } from "./authenticate/current-principal.ts";
export type { TrustedIssuer } from "./authenticate/issuers.ts";
export { createTrustedIssuers, toShortType } from "./authenticate/issuers.ts";
export { createPrincipal } from "./authenticate/principal.ts";
export { readActor } from "./authenticate/read-actor.ts";
export { HIGHEST_MAX_TOKEN_BYTES, resolveMaxTokenBytes } from "./authenticate/token-size.ts";
export { isSignatureError, verifySignature } from "./authenticate/verify-signature.ts";
export { createPolicyTable, toMethodName } from "./authorize/policy-table.ts";
export { resolveDpopOptions } from "./binding/dpop-options.ts";
export type { Proof, ProofInput, ProofVerifier } from "./binding/proof-verifier.ts";
export { createProofVerifier } from "./binding/proof-verifier.ts";
export { resolvePublicUrls } from "./binding/public-urls.ts";
export { PROOF_ALGORITHMS } from "./binding/read-proof.ts";
export { boundMessage } from "./connect/bound-message.ts";
export { abortStateOf, setCallSource } from "./connect/call-source.ts";
export { createCallValues } from "./connect/call-state.ts";
export { ERROR_DOMAIN, toConnectError } from "./connect/error-contract.ts";
export type { Gate } from "./connect/gate.ts";
export { parseGrpcTimeout } from "./connect/grpc-timeout.ts";
export type { Violation } from "./connect/invalid-argument.ts";
export { assertValid, invalidArgument } from "./connect/invalid-argument.ts";
export { createLazyView } from "./connect/lazy-view.ts";
export { tooLarge } from "./connect/message/inspect-whole.ts";
export type { MessageInspector } from "./connect/message/message-inspector.ts";
export { createWaitingError, setCounted } from "./connect/message/waiting-request.ts";
export { toNetwork } from "./connect/network.ts";
export type { NodeRequest, OpeningListener } from "./connect/node-request.ts";
export { clientCertificateOf, ON_OPENED } from "./connect/node-request.ts";
export { peerOf } from "./connect/peer.ts";
export type { HostedRequest } from "./connect/request-host.ts";
export { hostOf, isHost, repeatsField } from "./connect/request-host.ts";
export { isOriginForm } from "./connect/request-target.ts";
export type { IssuerHost } from "./connect/resolve-issuer.ts";
export { resolveIssuer } from "./connect/resolve-issuer.ts";
export { resolveResource } from "./connect/resource/resource-options.ts";
export { boundResponse } from "./connect/route/bound-response.ts";
export { limitTimeout, MAX_TIMER_MS } from "./connect/route/call-timeout.ts";
export { hasGate } from "./connect/route/gated-handler.ts";
export { describeRouter } from "./connect/route/guarded-routes.ts";
export { gateOf, inspectorOf } from "./connect/route/implementation-guard.ts";
export { interceptUnary } from "./connect/route/intercept.ts";
export { isWebText, serveWebText, toTextHeader } from "./connect/route/web-text.ts";
export type { OnHeaderSent } from "./connect/sent-headers.ts";
export { toFactText, toMembersText } from "./errors/facts.ts";
export { createRefusal } from "./errors/refusal.ts";
export { PRESETS, type Preset } from "./issuers/presets.ts";
export type {
  AccountEvent,
  ClientEvent,
  CredentialFailureEvent,
  KeyEvent,
  RevocationEvent,
  SessionEvent,
} from "./kernel/audit.ts";
export { toFactMembers } from "./kernel/audit.ts";
export { backoffMs } from "./kernel/backoff.ts";
export type { ByteBudget, ByteHolder, ByteLimits } from "./kernel/byte-budget.ts";
export { createByteBudget } from "./kernel/byte-budget.ts";
export { type ByteParts, createByteParts } from "./kernel/byte-parts.ts";
export { resolveClock, systemClock } from "./kernel/clock.ts";
export type { ConcurrencyLimit, WorkSource } from "./kernel/concurrency-limit.ts";
export { createConcurrencyLimit, type LeavePlace } from "./kernel/concurrency-limit.ts";
export { countSubscribers, isGone } from "./kernel/count-subscribers.ts";
export { DEFAULT_LIMITS } from "./kernel/default-limits.ts";
export { bytesOf, createEncodedMessage } from "./kernel/encoded-message.ts";
export { isProduction } from "./kernel/is-production.ts";
export { isolateSink } from "./kernel/isolate-sink.ts";
export { createJsonDocument } from "./kernel/json-document.ts";
export { toJsonResponse } from "./kernel/json-response.ts";
export { LazySignal } from "./kernel/lazy-signal.ts";
export { assertPositive, resolveLimits } from "./kernel/limits.ts";
export { isLoopback } from "./kernel/loopback.ts";
export { SILENT_BUS } from "./kernel/message-bus.ts";
export type { IsolatedObserver } from "./kernel/observers.ts";
export { auditOf, auditTo, resolveObserver } from "./kernel/observers.ts";
export {
  assertOptions,
  FUNCTION,
  NUMBER,
  OBJECT,
  type OptionForm,
  required,
  SECONDS,
  SWITCH,
  TEXT,
  TEXTS,
  withMethods,
} from "./kernel/option-forms.ts";
export { assertOptionNames } from "./kernel/option-names.ts";
export { assertOrigins } from "./kernel/origins.ts";
export type { OwnRateLimit } from "./kernel/rate-limit.ts";
export type { BodyLimits } from "./kernel/read-body.ts";
export { FORM_TYPE, readText } from "./kernel/read-text.ts";
export { createRefusalLog } from "./kernel/refusal-log.ts";
export { REMEDIES, type Remedies, toRemedy } from "./kernel/remedies.ts";
export { createSeenIds } from "./kernel/seen-ids.ts";
export { createSubscribers } from "./kernel/subscribers.ts";
export { KEEPS_PROCESS_ALIVE, pause, repeat } from "./kernel/timers.ts";
export { resolveTokenHeader } from "./kernel/token-header.ts";
export { resolveWaitingLimits } from "./kernel/waiting-limits.ts";
export { resolveWarningSink } from "./kernel/warning-sink.ts";
export { isRefreshId, isScopeToken, MAX_SCOPES, toQuotable } from "./kernel/wire-names.ts";
export { fetchDocument } from "./keys/fetch-document.ts";
export { importKeys } from "./keys/import-keys.ts";
export { isOfUnknownKey } from "./keys/keys-on-demand.ts";
export { findKeySourceError } from "./keys/own-source.ts";
export { PUBLIC_KEY_ALGORITHMS } from "./keys/public-algorithms.ts";
export { createStaticKeys } from "./keys/static-keys.ts";
export { toRevokedTokens } from "./logouts/to-revoked.ts";
export type { ChangedClaims } from "./revoked/changed-claims.ts";
export type { RevocationListeners, RevokedBatch } from "./revoked/revocation-listeners.ts";
export { createRevocationListeners } from "./revoked/revocation-listeners.ts";
export {
  type RevocableToken,
  type RevocationDimension,
  type Revoked,
  readDimension,
  subjectWithoutSession,
} from "./revoked/revoked.ts";
export type { RevokedSet } from "./revoked/revoked-set.ts";
export { createRevokedSet } from "./revoked/revoked-set.ts";
export { standardPolicies } from "./services/standard-services.ts";
export type { AbsenceLimit } from "./streams/absence-limit.ts";
export { createAbsenceLimit } from "./streams/absence-limit.ts";
export type { CollectedResponses } from "./streams/collect-responses.ts";
export { collectResponses } from "./streams/collect-responses.ts";
export { findOwnerId, isOwnerId } from "./streams/owner-id.ts";
export { PULL, type PullIterator, pull, type Reader, toNext } from "./streams/pull.ts";
export type {
  OtherServers,
  RemoteRenewal,
  RenewalCaller,
  RenewalResult,
  RenewedStream,
  StreamRef,
} from "./streams/renewal.ts";
export { refuseStrangers, renewStreams } from "./streams/renewal.ts";
