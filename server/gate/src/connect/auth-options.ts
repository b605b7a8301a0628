import type { DescService } from "@bufbuild/protobuf";
import type { ConnectRouter, Interceptor } from "@connectrpc/connect";
import type { RevocationCheck, TokenFailureLimit } from "../authenticate/authenticator.ts";
import { createTrustedIssuers, type TrustedIssuers } from "../authenticate/issuers.ts";
import { DEFAULT_MAX_TOKEN_BYTES, HIGHEST_MAX_TOKEN_BYTES } from "../authenticate/token-size.ts";
import type { Policy } from "../authorize/policy-fields.ts";
import type { AuditSink } from "../kernel/audit.ts";
import { type Clock, resolveClock } from "../kernel/clock.ts";
import { isolateSink } from "../kernel/isolate-sink.ts";
import { assertPositive } from "../kernel/limits.ts";
import type { Observer } from "../kernel/observe.ts";
import { type IsolatedObserver, resolveObserver } from "../kernel/observers.ts";
import { assertOptionNames } from "../kernel/option-names.ts";
import { createStreamRegistry, type StreamRegistry } from "../streams/stream-registry.ts";
import { type AnonymousStreamLimits, resolveAnonymousStreams } from "./anonymous-streams.ts";
import { createEnforcement, type Enforcement, type EnforcementMode } from "./enforcement.ts";
import type { ErrorSink } from "./error-contract.ts";
import { describeRelaxations, type IssuerOptions, resolveIssuer } from "./issuer-options.ts";
import { type IssuerSignals, joinRevocations } from "./issuer-signals.ts";
import { type Resource, type ResourceOptions, resolveResource } from "./resource/resource-options.ts";

/** What {@link createAuth} takes. */
export interface AuthOptions {
  /** Your routes. Every method that they register must have an access rule. */
  readonly routes: (router: ConnectRouter) => void;
  /**
   * Your own interceptors, from outside to inside. They run behind the gate and the rules, for every service, around
   * those that a service was registered with. Default: none.
   */
  readonly interceptors?: readonly Interceptor[];
  /** Whose tokens are accepted. */
  readonly issuers: readonly IssuerOptions[];
  /** The name of this server in claim `aud` of the tokens that are meant for it. */
  readonly audience: string;
  /**
   * The API as clients name it when they ask for tokens, by its URL, such as `https://api.example.com`. Then
   * `documents` has the metadata by which a client that knows nothing else finds the issuers and the scopes
   * ([RFC 9728](https://www.rfc-editor.org/rfc/rfc9728)), and the challenge of a refused call names it, and the scopes
   * of the method. It changes nothing about which tokens are accepted: `audience` does. Default: none of that.
   */
  readonly resource?: string | ResourceOptions;
  /** Rules for services whose proto you cannot annotate, such as the standard health service. */
  readonly policies?: ReadonlyMap<DescService, Policy>;
  /**
   * What has been revoked, beside what the `signals` of an issuer say. Default: nothing is, short of expiry.
   */
  readonly revocations?: RevocationCheck;
  /**
   * What happens to calls that are not allowed, by service. `shadow`: they go on, and the audit says that they would
   * be denied. For the first days of a service that had no authentication. Default: deny, everywhere.
   */
  readonly enforce?: ReadonlyMap<DescService, EnforcementMode>;
  /**
   * Whether handlers can read the caller's token, in header `authorization`. Default: false, the gate takes it away.
   */
  readonly forwardToken?: boolean;
  /** How far the clocks of issuer and server may lie apart, in seconds. Default: 5. */
  readonly clockToleranceSeconds?: number;
  /**
   * How many verified tokens are remembered, and a tenth of that of those that have expired, come too early or are
   * revoked. Default: 10,000, about 10 MB.
   */
  readonly verdictCacheEntries?: number;
  /**
   * The longest token that is taken, in bytes. A longer one is refused, and the caller learns both lengths. At most
   * 65,536; with more than about 16,000, see that what is in front takes headers of that size: Node's own listeners take
   * 16 KiB in all (`maxHeaderSize`, over HTTP/2 `maxHeaderListSize` of 64 KiB), and `listen` of `@countersign/node` 32 KiB.
   * Default: 8,192.
   */
  readonly maxTokenBytes?: number;
  /** How long a decision may wait for keys, in milliseconds. Default: 5,000. */
  readonly gateTimeoutMs?: number;
  /**
   * How often the tokens of one caller may turn out not to be good: see `createRateLimit`. It counts by the peer that
   * `setPeer` put into the context values. Default: no limit.
   */
  readonly tokenFailureLimit?: TokenFailureLimit;
  /** How large a message may be when it arrives, in bytes. Default: 4 MiB; that of Connect is 4 GiB. */
  readonly readMaxBytes?: number;
  /** Observes decisions, keys, streams and signals, for metrics, traces and logs: see {@link Observer}. Default: none. */
  readonly observe?: Observer;
  /** Records calls that were refused: short for `observe: { audited: (event) => audit.record(event) }`. Default: none. */
  readonly audit?: AuditSink;
  /**
   * Receives unexpected errors, which leave as "internal error". What it throws or rejects with changes no answer, and is
   * printed. Default: console.error.
   */
  readonly onError?: ErrorSink;
  /**
   * Where open streams are kept. Share it with a `createStreamService` of your own, which is needed only where streams
   * are renewed through other servers: otherwise `createAuth` registers the service itself as soon as a policy says
   * `ON_EXPIRY_RENEW`. Default: a registry of its own.
   */
  readonly streams?: StreamRegistry;
  /** What streams without a principal may take. */
  readonly anonymousStreams?: Partial<AnonymousStreamLimits>;
  /** Receives a warning at start for every option that makes the server less safe. Default: console.warn. */
  readonly onWarning?: (message: string) => void;
  /**
   * The time. Default: that of the first issuer whose `signals` have a clock, since tokens are judged by the clock that
   * they were granted by; else the machine's.
   */
  readonly clock?: Clock;
}

const printWarning = (message: string): void => {
  // biome-ignore lint/suspicious/noConsole: a warning must be seen also where no log was given
  console.warn(`countersign: ${message}`);
};

/** An error is not lost where the application gave no `onError`. */
const printError: ErrorSink = (error, method) => {
  // biome-ignore lint/suspicious/noConsole: the last resort of a library that was given no log
  console.error(`unexpected error in ${method.parent.typeName}/${method.name}`, error);
};

/** What clocks that are kept by NTP may lie apart, with room to spare. */
const DEFAULT_TOLERANCE_SECONDS = 5;
/** About 10 MB of verdicts: more than the users of one server who are active within a token's life. */
const DEFAULT_CACHE_ENTRIES = 10_000;
/** Longer than fetching keys takes at its slowest, shorter than callers usually wait. */
const DEFAULT_GATE_TIMEOUT_MS = 5000;
/** Larger than any message of an ordinary service, and small enough to hold many at once. */
const DEFAULT_READ_MAX_BYTES = 4 * 1024 * 1024;

/** More than this is no tolerance but a longer life of every token. */
const MAX_TOLERANCE_SECONDS = 300;

const OPTION_NAMES: Readonly<Record<keyof AuthOptions, true>> = {
  routes: true,
  interceptors: true,
  issuers: true,
  audience: true,
  resource: true,
  policies: true,
  revocations: true,
  enforce: true,
  forwardToken: true,
  clockToleranceSeconds: true,
  verdictCacheEntries: true,
  maxTokenBytes: true,
  gateTimeoutMs: true,
  tokenFailureLimit: true,
  readMaxBytes: true,
  observe: true,
  audit: true,
  onError: true,
  streams: true,
  anonymousStreams: true,
  onWarning: true,
  clock: true,
};

/** Every option, with its default filled in. */
export interface ResolvedAuthOptions
  extends Omit<
    Required<AuthOptions>,
    "anonymousStreams" | "audit" | "enforce" | "issuers" | "observe" | "resource" | "tokenFailureLimit"
  > {
  readonly anonymousStreams: AnonymousStreamLimits;
  readonly tokenFailureLimit: TokenFailureLimit | undefined;
  readonly resource: Resource | undefined;
  readonly issuers: TrustedIssuers;
  readonly observer: IsolatedObserver;
  /** What issuers say of their tokens afterwards. */
  readonly signals: readonly IssuerSignals[];
  readonly enforcement: Enforcement;
}

/**
 * Fill in the defaults, and say to `onWarning` what makes the server less safe.
 *
 * @throws TypeError when an option is wrong
 */
export function resolveAuthOptions(options: AuthOptions): ResolvedAuthOptions {
  assertOptionNames("createAuth", options, OPTION_NAMES);
  const { gateTimeoutMs = DEFAULT_GATE_TIMEOUT_MS, readMaxBytes = DEFAULT_READ_MAX_BYTES } = options;
  assertPositive("gateTimeoutMs", gateTimeoutMs);
  assertPositive("readMaxBytes", readMaxBytes);
  if (typeof options.audience !== "string" || options.audience === "") {
    throw new TypeError("audience must be a non-empty string");
  }
  const clock = resolveClock(options.clock ?? findIssuerClock(options.issuers));
  const { onWarning = printWarning } = options;
  const observer = resolveObserver(options, { onWarning, clock });
  const server = { audience: options.audience, clock, observer };
  const issuers = createTrustedIssuers(options.issuers.map((issuer) => resolveIssuer(issuer, server)));
  const signals = options.issuers.flatMap((issuer) => issuer.signals ?? []);
  describeWeaknesses(options).forEach((weakness) => {
    onWarning(weakness);
  });
  return {
    routes: options.routes,
    interceptors: options.interceptors ?? [],
    audience: options.audience,
    issuers,
    policies: options.policies ?? new Map(),
    signals,
    revocations: joinRevocations([options.revocations ?? [], signals].flat()),
    enforcement: createEnforcement(options.enforce ?? new Map()),
    tokenFailureLimit: options.tokenFailureLimit,
    resource: resolveResource(options.resource),
    forwardToken: options.forwardToken ?? false,
    clockToleranceSeconds: resolveTolerance(options.clockToleranceSeconds),
    verdictCacheEntries: options.verdictCacheEntries ?? DEFAULT_CACHE_ENTRIES,
    maxTokenBytes: resolveMaxTokenBytes(options.maxTokenBytes),
    gateTimeoutMs,
    readMaxBytes,
    streams: options.streams ?? createStreamRegistry(),
    anonymousStreams: resolveAnonymousStreams(options.anonymousStreams),
    observer,
    onError: isolateSink(options.onError ?? printError),
    onWarning,
    clock,
  };
}

function findIssuerClock(issuers: readonly IssuerOptions[]): Clock | undefined {
  return issuers.find(({ signals }) => signals?.clock !== undefined)?.signals?.clock;
}

function resolveTolerance(seconds = DEFAULT_TOLERANCE_SECONDS): number {
  if (!(seconds >= 0 && seconds <= MAX_TOLERANCE_SECONDS)) {
    throw new TypeError(`clockToleranceSeconds must be between 0 and ${MAX_TOLERANCE_SECONDS}`);
  }
  return seconds;
}

function resolveMaxTokenBytes(bytes = DEFAULT_MAX_TOKEN_BYTES): number {
  assertPositive("maxTokenBytes", bytes);
  if (bytes > HIGHEST_MAX_TOKEN_BYTES) {
    throw new TypeError(`maxTokenBytes must be at most ${HIGHEST_MAX_TOKEN_BYTES}, and is ${bytes}`);
  }
  return bytes;
}

/** List what makes a server less safe than it is by default. */
function describeWeaknesses(options: AuthOptions): readonly string[] {
  const shadowed = [...(options.enforce ?? [])].filter(([, mode]) => mode === "shadow");
  return [
    ...shadowed.map(([service]) => `service ${service.typeName} is in shadow mode: nothing is denied`),
    ...(options.forwardToken === true ? ["forwardToken: handlers can read the tokens of callers"] : []),
    ...options.issuers.flatMap(describeRelaxations),
  ];
}
