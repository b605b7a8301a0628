import type { RevocationCheck, TokenFailureLimit } from "../authenticate/authenticator.ts";
import type { TrustedIssuer } from "../authenticate/issuers.ts";
import { DEFAULT_FAILED_CHECKS_PER_SECOND } from "../authenticate/signature-checks.ts";
import { resolveMaxTokenBytes } from "../authenticate/token-size.ts";
import { type CertificateSource, createCertificateSource } from "../binding/certificate-reader.ts";
import { type ProofSettings, resolveProofSettings } from "../binding/proof-settings.ts";
import { type Clock, resolveClock } from "../kernel/clock.ts";
import { DEFAULT_LIMITS } from "../kernel/default-limits.ts";
import { isProduction } from "../kernel/is-production.ts";
import { isolateSink } from "../kernel/isolate-sink.ts";
import { assertPositive } from "../kernel/limits.ts";
import { type IsolatedObserver, type ObserverFailures, resolveObserver } from "../kernel/observers.ts";
import { resolveTokenHeader } from "../kernel/token-header.ts";
import { resolveWarningSink } from "../kernel/warning-sink.ts";
import { createStreamRegistry } from "../streams/stream-registry.ts";
import { type AnonymousStreamLimits, resolveAnonymousStreams } from "./anonymous-streams.ts";
import { assertAuthOptions } from "./assert-auth-options.ts";
import type { AuthOptions } from "./auth-options.ts";
import { resolveClockTolerance } from "./clock-tolerance.ts";
import { createDecider, type Decider, type DeciderOptions } from "./decide.ts";
import { describeRelaxations } from "./describe-relaxations.ts";
import { createEnforcement, type Enforcement } from "./enforcement.ts";
import type { ErrorSink } from "./error-contract.ts";
import type { IssuerOptions } from "./issuer-options.ts";
import { type GivenSignals, joinRevocations, listSignals } from "./issuer-signals.ts";
import { type MessageOptions, resolveMessageOptions } from "./message/message-options.ts";
import { AUTHORIZATION } from "./read-token.ts";
import { resolveIssuer } from "./resolve-issuer.ts";
import { type Resource, resolveResource } from "./resource/resource-options.ts";
import { sendsLogouts } from "./sends-logouts.ts";

/** An error is not lost where the application gave no `onError`. */
const printError: ErrorSink = (error, method) => {
  // biome-ignore lint/suspicious/noConsole: the last resort of a library that was given no log
  console.error(`unexpected error in ${method.parent.typeName}/${method.name}`, error);
};

const DEFAULTS = DEFAULT_LIMITS.createAuth;

/** All options, each of which has a value. */
type AllOptions = { readonly [Name in keyof AuthOptions]-?: Exclude<AuthOptions[Name], undefined> };

/** Every option, with its default filled in. */
export interface ResolvedAuthOptions
  extends Omit<
    AllOptions,
    | "anonymousStreams"
    | "audit"
    | "clientCertificates"
    | "decide"
    | "dpop"
    | "enforce"
    | "issuers"
    | "keepUnknownFields"
    | "logRefusals"
    | "logouts"
    | "maxWaitingBytes"
    | "maxWaitingBytesPerConnection"
    | "messageLimits"
    | "observe"
    | "publicUrls"
    | "readMaxBytes"
    | "resource"
    | "signals"
    | "tokenFailureLimit"
  > {
  readonly anonymousStreams: AnonymousStreamLimits;
  readonly certificates: CertificateSource;
  readonly messages: MessageOptions;
  readonly tokenFailureLimit: TokenFailureLimit | undefined;
  readonly resource: Resource | undefined;
  readonly issuers: readonly TrustedIssuer[];
  /** Fills in the defaults of one more issuer. @throws TypeError when its options are wrong */
  readonly trust: (issuer: IssuerOptions) => TrustedIssuer;
  readonly observer: IsolatedObserver;
  /** What issuers say of their tokens afterwards. */
  readonly signals: GivenSignals;
  readonly enforcement: Enforcement;
  readonly proofs: ProofSettings;
  /** Undefined: rules decide alone. */
  readonly decider: Decider | undefined;
}

/**
 * Fill in the defaults, and say to `onWarning` what makes the server less safe.
 *
 * @throws TypeError when an option is wrong
 */
export function resolveAuthOptions(options: AuthOptions): ResolvedAuthOptions {
  assertAuthOptions(options);
  const gateTimeoutMs = resolvePositive("gateTimeoutMs", options.gateTimeoutMs ?? DEFAULTS.gateTimeoutMs);
  const clock = resolveClock(options.clock ?? findIssuerClock(options.issuers));
  const onWarning = resolveWarningSink(options.onWarning);
  const observer = observerOf(options, { onWarning, clock });
  const trust = trustBy(options, { onWarning, observer, clock });
  const signals = signalsOf(options);
  const onError = isolateSink(options.onError ?? printError);
  warnOfWeaknesses(options, onWarning);
  return {
    routes: options.routes,
    interceptors: options.interceptors ?? [],
    audience: options.audience,
    issuers: options.issuers.map(trust),
    trust,
    policies: options.policies ?? new Map(),
    signals,
    revocations: joinRevocations([listRevocations(options), listSignals(signals)].flat()),
    enforcement: createEnforcement(options.enforce ?? new Map()),
    tokenFailureLimit: options.tokenFailureLimit,
    resource: resolveResource(options.resource),
    tokenHeader: resolveTokenHeader("tokenHeader", options.tokenHeader ?? AUTHORIZATION),
    certificates: createCertificateSource(options.clientCertificates),
    forwardToken: options.forwardToken ?? false,
    proofs: resolveProofSettings("createAuth", options),
    ...resolveTokenLimits(options),
    gateTimeoutMs,
    messages: resolveMessageOptions(options),
    streams: options.streams ?? createStreamRegistry(),
    anonymousStreams: resolveAnonymousStreams(options.anonymousStreams),
    observer,
    onError,
    decider: resolveDecider(options, { timeoutMs: gateTimeoutMs, clock, onError }),
    onWarning,
    clock,
  };
}

type TokenLimits = Pick<
  ResolvedAuthOptions,
  "clockToleranceSeconds" | "verdictCacheEntries" | "maxTokenBytes" | "failedChecksPerSecond"
>;

/** How tokens are checked, and how many are remembered. */
function resolveTokenLimits(options: AuthOptions): TokenLimits {
  return {
    clockToleranceSeconds: resolveClockTolerance(options.clockToleranceSeconds),
    verdictCacheEntries: options.verdictCacheEntries ?? DEFAULTS.verdictCacheEntries,
    maxTokenBytes: resolveMaxTokenBytes(options.maxTokenBytes),
    failedChecksPerSecond: resolveFailedChecks(options.failedChecksPerSecond),
  };
}

function signalsOf({ issuers, signals }: AuthOptions): GivenSignals {
  return { ofIssuers: issuers.flatMap((issuer) => issuer.signals ?? []), ofHub: signals };
}

/** What is revoked, beside what issuers say by their signals. */
function listRevocations({ issuers, revocations, logouts }: AuthOptions): readonly RevocationCheck[] {
  const deaf = logouts === undefined ? issuers.find(sendsLogouts) : undefined;
  if (deaf !== undefined) {
    throw new TypeError(
      `issuer ${deaf.issuer} has option ${deaf.logout === undefined ? "sharedSignals" : "logout"}, and nothing receives its logouts: give createAuth logouts, as ` +
        "createLogoutReceiver returns it",
    );
  }
  return [revocations ?? [], logouts?.revocations ?? []].flat();
}

type Trust = ResolvedAuthOptions["trust"];

/** Create what fills in the defaults of an issuer. */
function trustBy(
  { audience, signals }: AuthOptions,
  { clock, observer, onWarning }: Pick<ResolvedAuthOptions, "clock" | "observer" | "onWarning">,
): Trust {
  const host = { audience, hasRevocations: signals !== undefined, clock, observer, onWarning };
  return (issuer) => resolveIssuer(issuer, host);
}

function resolveDecider(
  { decide }: Pick<AuthOptions, "decide">,
  { timeoutMs, clock, onError }: Omit<DeciderOptions, "decide">,
): Decider | undefined {
  if (decide === undefined) {
    return undefined;
  }
  return createDecider({ decide, timeoutMs, clock, onError });
}

function observerOf(options: AuthOptions, failures: ObserverFailures): IsolatedObserver {
  const { observe, audit, logRefusals = !isProduction() } = options;
  return resolveObserver({ ...(observe && { observe }), ...(audit && { audit }), logRefusals }, failures);
}

function findIssuerClock(issuers: readonly IssuerOptions[]): Clock | undefined {
  return issuers.find((issuer) => issuer?.signals?.clock !== undefined)?.signals?.clock;
}

function resolvePositive(name: string, value: number): number {
  assertPositive(name, value);
  return value;
}

function resolveFailedChecks(perSecond = DEFAULT_FAILED_CHECKS_PER_SECOND): number {
  return resolvePositive("failedChecksPerSecond", perSecond);
}

/** Say what makes a server less safe than it is by default. */
function warnOfWeaknesses(options: AuthOptions, onWarning: (message: string) => void): void {
  const shadowed = [...(options.enforce ?? [])].filter(([, mode]) => mode === "shadow");
  const weaknesses = [
    ...shadowed.map(([service]) => `service ${service.typeName} is in shadow mode: nothing is denied`),
    ...(options.forwardToken === true ? ["forwardToken: handlers can read the tokens of callers"] : []),
    ...(options.signals?.relaxations ?? []),
    ...options.issuers.flatMap((issuer) =>
      describeRelaxations(issuer, issuer.audiences ?? [options.audience]),
    ),
  ];
  weaknesses.forEach((weakness) => {
    onWarning(weakness);
  });
}
