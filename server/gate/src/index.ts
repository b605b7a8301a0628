export type { RevocationCheck, RevokedPrincipals, TokenFailureLimit } from "./authenticate/authenticator.ts";
export type { ClaimSources } from "./authenticate/claim-readers.ts";
export type { ClaimPath, ClaimSource, ClaimValue } from "./authenticate/claim-source.ts";
export type { Actor, Principal, TokenBinding } from "./authenticate/principal.ts";
export { AUTHENTICATED_POLICY, PUBLIC_POLICY } from "./authorize/policy.ts";
export type { Policy } from "./authorize/policy-fields.ts";
export type { PolicyEntry, PolicyTable } from "./authorize/policy-table.ts";
export { PolicyError } from "./authorize/policy-table.ts";
export type { ClientCertificateOptions } from "./binding/certificate-reader.ts";
export type { DpopNonceOptions, DpopOptions } from "./binding/dpop-options.ts";
export type { AnonymousStreamLimits } from "./connect/anonymous-streams.ts";
export type { AuthOptions } from "./connect/auth-options.ts";
export { claimsOf } from "./connect/claims-of.ts";
export { CORS_ALLOWED_HEADERS, CORS_ALLOWED_METHODS, CORS_EXPOSED_HEADERS } from "./connect/cors-headers.ts";
export type { Auth } from "./connect/create-auth.ts";
export { createAuth } from "./connect/create-auth.ts";
export type { FetchHandler, FetchHandlerOptions } from "./connect/create-fetch-handler.ts";
export { createFetchHandler } from "./connect/create-fetch-handler.ts";
export { createLogoutReceiver } from "./connect/create-logout-receiver.ts";
export type { Decide, DecideRequest } from "./connect/decide.ts";
export type { EnforcementMode } from "./connect/enforcement.ts";
export type { Explain } from "./connect/explain/explain.ts";
export type { Explanation, ExplanationStep, Step } from "./connect/explain/explanation.ts";
export type { ExplainOptions } from "./connect/explain/read-input.ts";
export type { InsecureIssuerOptions, IssuerOptions, TenantOptions } from "./connect/issuer-options.ts";
export type { IssuerSignals } from "./connect/issuer-signals.ts";
export type { KeyOptions } from "./connect/key-options.ts";
export type { LiveIssuers } from "./connect/live-issuers.ts";
export type { LogoutReceiverOptions } from "./connect/logout-receiver-options.ts";
export { setPeer } from "./connect/peer.ts";
export {
  certificateOf,
  onPrincipalChange,
  optionalPrincipalOf,
  principalOf,
} from "./connect/principal-context.ts";
export type { ResourceOptions } from "./connect/resource/resource-options.ts";
export type { PollOptions, PushOptions, SharedSignalsOptions } from "./connect/shared-signals-options.ts";
export type { StreamServiceOptions } from "./connect/stream-service.ts";
export { createStreamService } from "./connect/stream-service.ts";
export type { AuthErrorOptions, AuthReason } from "./errors/auth-error.ts";
export { AuthError } from "./errors/auth-error.ts";
export type { Check, Facts, FactsInput, Hint } from "./errors/facts.ts";
export type { AuditEvent, AuditSink } from "./kernel/audit.ts";
export type { AlternativeNames, ClientCertificate } from "./kernel/client-certificate.ts";
export type { Cancel, Clock, ScheduleOptions } from "./kernel/clock.ts";
export { systemClock } from "./kernel/clock.ts";
export type { Documents } from "./kernel/documents.ts";
export type { Endpoint, EndpointContext } from "./kernel/endpoint.ts";
export type { MessageBus, Subscription } from "./kernel/message-bus.ts";
export { MAX_BUS_MESSAGE_BYTES } from "./kernel/message-bus.ts";
export type { MessageLimits } from "./kernel/message-limits.ts";
export type {
  BusTest,
  CallDecision,
  FeedServed,
  IssuerSignal,
  KeyFetch,
  LogoutReceived,
  Observer,
  RefreshDecision,
  RenewalAsked,
  StoreQuery,
  StoreSchema,
  StreamEnded,
  StreamOpened,
  StreamRenewed,
} from "./kernel/observe.ts";
export { joinObservers } from "./kernel/observers.ts";
export type { RateLimit, RateLimitOptions } from "./kernel/rate-limit.ts";
export { createRateLimit } from "./kernel/rate-limit.ts";
export type { FetchOptions } from "./keys/fetch-document.ts";
export type { FoundKeys, KeySource, SignatureAlgorithm, VerificationKey } from "./keys/key-source.ts";
export type { LogoutMatch, LogoutReason, LogoutRevocation } from "./logouts/logout.ts";
export type { LogoutOptions } from "./logouts/logout-options.ts";
export type { LogoutReceiver } from "./logouts/logout-receiver.ts";
export type { LogoutEvent, LogoutSink } from "./logouts/logout-sink.ts";
export type { HealthSource, HealthStatus } from "./services/health.ts";
export { createHealthService } from "./services/health.ts";
export type { HealthState } from "./services/health-state.ts";
export { createHealthState } from "./services/health-state.ts";
export type { ReflectionServices } from "./services/reflection.ts";
export { createReflectionServices } from "./services/reflection.ts";
export type {
  ReflectionAccess,
  StandardServices,
  StandardServicesOptions,
} from "./services/standard-services.ts";
export { createStandardServices } from "./services/standard-services.ts";
export type { BusSignalsOptions, InsecureBusSignalsOptions } from "./signals/bus/bus-options.ts";
export type { BusSignals } from "./signals/bus/create-bus-signals.ts";
export type { ClientCredential } from "./signals/client-secret.ts";
export { clientSecret } from "./signals/client-secret.ts";
export { createSignals } from "./signals/create-signals.ts";
export type { SignalledServer, Signals } from "./signals/signals.ts";
export type { SignalsProblem } from "./signals/signals-error.ts";
export { SignalsError } from "./signals/signals-error.ts";
export type { InsecureSignalsOptions, SignalsOptions } from "./signals/signals-options.ts";
export type { StreamLease, StreamRegistry } from "./streams/stream-registry.ts";
export { createStreamRegistry } from "./streams/stream-registry.ts";
