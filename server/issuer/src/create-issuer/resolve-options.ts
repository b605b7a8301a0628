import type { AuditSink, MessageBus } from "@countersign/server";
import {
  assertOptionNames,
  assertOrigins,
  auditOf,
  DEFAULT_LIMITS,
  type IsolatedObserver,
  isolateSink,
  resolveClock,
  resolveMaxTokenBytes,
  resolveObserver,
  resolveWarningSink,
  SILENT_BUS,
} from "@countersign/server/internal";
import type { PasswordCost } from "../credentials/password.ts";
import { type AcceptPassword, acceptAnyPassword } from "../credentials/password-rule.ts";
import type { KeyRingTimes } from "../keys/key-times.ts";
import type { ClaimsHook } from "../sessions/token-claims.ts";
import { resolveSignals, type SignalLimits } from "../signals/signal-limits.ts";
import { MAX_ACCESS_LIFE_MS } from "../store/access-lives.ts";
import { findIssuerUrlFault } from "./issuer-url.ts";
import { assertNestedOptions } from "./nested-options.ts";
import { OPTION_NAMES } from "./option-names.ts";
import type { CreateIssuerOptions, InsecureCreateIssuerOptions, IssuerStoreLocation } from "./options.ts";
import { printError } from "./print-error.ts";
import { resolveResources } from "./resources.ts";
import { assertSecret } from "./secret.ts";
import { resolveSenderOptions, type SenderOptions } from "./sender-options.ts";

/** {@link CreateIssuerOptions} with every default filled in. */
export interface ResolvedIssuerOptions
  extends SenderOptions,
    Omit<
      Required<CreateIssuerOptions>,
      | keyof SenderOptions
      | "allowedOrigins"
      | "audit"
      | "bus"
      | "claims"
      | "insecure"
      | "maxTokenBytes"
      | "observe"
      | "provisional"
      | "signals"
    > {
  /** Finds the claims of tokens; undefined: they are those of the store. */
  readonly claims: ClaimsHook | undefined;
  readonly maxTokenBytes: number;
  readonly bus: MessageBus;
  /** Undefined: no feed is served. */
  readonly signals: SignalLimits | undefined;
  readonly observer: IsolatedObserver;
  /** Passes audit events to the observer. */
  readonly audit: AuditSink;
  readonly keyTimes: KeyRingTimes;
  readonly cookieOrigins: ReadonlySet<string>;
  readonly provisional: ReadonlySet<"url" | "audience">;
  readonly failOpen: boolean;
  readonly sharedFiles: boolean;
  readonly passwordCost: PasswordCost;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Short, so that a token that was stolen is soon worth nothing; long enough to refresh rarely. */
const DEFAULT_ACCESS_TTL_MS = 10 * MINUTE_MS;
/** What clocks that are kept by NTP may lie apart, with room to spare. */
const DEFAULT_TOLERANCE_MS = 5 * SECOND_MS;
/** More than this is no tolerance but a longer life of every token. */
const MAX_TOLERANCE_MS = 5 * MINUTE_MS;
/** How often a server reads the keys at the least. */
const KEY_POLL_MS = 5 * SECOND_MS;

/**
 * Fill in the defaults.
 *
 * @throws TypeError when an option makes no sense
 */
export function resolveCreateIssuerOptions(options: CreateIssuerOptions): ResolvedIssuerOptions {
  const { url, audience, insecure = {}, allowedOrigins = [], store, secret } = options;
  const onWarning = resolveWarningSink(options.onWarning);
  const clock = resolveClock(options.clock);
  const observer = resolveObserver(options, { onWarning, clock });
  assertOptionNames("createIssuer", options, OPTION_NAMES);
  assertForms(options);
  const times = resolveTimes(options);
  return {
    ...times,
    keyTimes: toKeyTimes(times),
    store,
    secret,
    url,
    ...resolveSenderOptions(options),
    audience,
    resources: resolveResources(options.resources, audience),
    claims: options.claims,
    maxTokenBytes: resolveMaxTokenBytes(options.maxTokenBytes),
    federatedIssuers: options.federatedIssuers ?? [],
    cookieOrigins: new Set([new URL(url).origin, ...allowedOrigins]),
    acceptPassword: resolveAcceptPassword(options.acceptPassword),
    ...resolveRates(options),
    replaces: options.replaces ?? {},
    provisional: new Set(options.provisional),
    bus: options.bus ?? SILENT_BUS,
    signals: resolveSignals(options.signals),
    observer,
    audit: auditOf(observer),
    onError: isolateSink(options.onError ?? printError),
    onWarning,
    clock,
    ...resolveInsecure(insecure),
  };
}

function resolveInsecure({
  failOpen = false,
  sharedFiles = false,
  passwordCost = {},
}: InsecureCreateIssuerOptions) {
  return { failOpen, sharedFiles, passwordCost };
}

/** @throws TypeError when an option is not of its kind */
function assertForms(options: CreateIssuerOptions): void {
  assertStore(options.store);
  assertSecret(options.secret);
  assertNestedOptions(options);
  assertUrl(options.url, options.insecure ?? {});
  assertAudience(options.audience);
  assertClaimsHook(options.claims);
  assertOrigins("allowedOrigins", options.allowedOrigins ?? []);
}

type Rates = Required<
  Pick<CreateIssuerOptions, "signInsPerMinute" | "newSessionsPerHour" | "tokenRevocationsPerHour">
>;

function resolveRates(options: CreateIssuerOptions): Rates {
  const rates: Rates = {
    signInsPerMinute: options.signInsPerMinute ?? DEFAULT_LIMITS.createIssuer.signInsPerMinute,
    newSessionsPerHour: options.newSessionsPerHour ?? DEFAULT_LIMITS.createIssuer.newSessionsPerHour,
    tokenRevocationsPerHour:
      options.tokenRevocationsPerHour ?? DEFAULT_LIMITS.createIssuer.tokenRevocationsPerHour,
  };
  for (const [name, rate] of Object.entries(rates)) {
    if (!(rate > 0)) {
      throw new TypeError(`${name} must be a positive number, or Infinity for no limit`);
    }
  }
  return rates;
}

function resolveAcceptPassword(accept: AcceptPassword = acceptAnyPassword): AcceptPassword {
  if (typeof accept !== "function") {
    throw new TypeError("acceptPassword must be a function");
  }
  return accept;
}

type Times = Required<
  Pick<
    CreateIssuerOptions,
    | "accessTtlMs"
    | "clockToleranceMs"
    | "sessionIdleTtlMs"
    | "sessionMaxTtlMs"
    | "keyRotationMs"
    | "keyPublishBeforeMs"
    | "jwksMaxAgeMs"
  >
>;

function resolveTimes(options: CreateIssuerOptions): Times {
  const times: Times = {
    accessTtlMs: options.accessTtlMs ?? DEFAULT_ACCESS_TTL_MS,
    clockToleranceMs: options.clockToleranceMs ?? DEFAULT_TOLERANCE_MS,
    sessionIdleTtlMs: options.sessionIdleTtlMs ?? 7 * DAY_MS,
    sessionMaxTtlMs: options.sessionMaxTtlMs ?? 30 * DAY_MS,
    keyRotationMs: options.keyRotationMs ?? 30 * DAY_MS,
    keyPublishBeforeMs: options.keyPublishBeforeMs ?? DAY_MS,
    jwksMaxAgeMs: options.jwksMaxAgeMs ?? 10 * MINUTE_MS,
  };
  for (const [name, value] of Object.entries(times)) {
    if (!Number.isFinite(value) || value < 0) {
      throw new TypeError(`${name} must be a number of milliseconds that is not negative`);
    }
  }
  for (const name of ["accessTtlMs", "sessionIdleTtlMs", "sessionMaxTtlMs"] as const) {
    if (times[name] === 0) {
      throw new TypeError(`${name} must be longer than nothing`);
    }
  }
  if (times.accessTtlMs > MAX_ACCESS_LIFE_MS) {
    throw new TypeError("accessTtlMs must be at most a day: gates refuse tokens that last longer");
  }
  if (times.clockToleranceMs > MAX_TOLERANCE_MS) {
    throw new TypeError("clockToleranceMs must be at most 5 minutes");
  }
  return times;
}

function toKeyTimes(times: Times): KeyRingTimes {
  return {
    accessTtlMs: times.accessTtlMs,
    clockToleranceMs: times.clockToleranceMs,
    jwksMaxAgeMs: times.jwksMaxAgeMs,
    publishBeforeMs: times.keyPublishBeforeMs,
    rotateAfterMs: times.keyRotationMs,
    pollMs: Math.min(KEY_POLL_MS, Math.ceil(times.keyPublishBeforeMs / 4)),
  };
}

function assertStore(store: IssuerStoreLocation): void {
  // Programs in JavaScript can leave it out, or give a path.
  const given = Object.keys(Object(store));
  const [place, ...others] = ["sqlite", "postgres"].filter((name) => given.includes(name));
  if (place === undefined || others.length > 0) {
    throw new TypeError("store must have exactly one of sqlite and postgres");
  }
  if ("postgres" in store && !/^postgres(ql)?:\/\//.test(store.postgres)) {
    throw new TypeError("store.postgres must begin with postgres://");
  }
  if ("postgres" in store && !/^postgres(ql)?:\/\//.test(store.listenUrl ?? store.postgres)) {
    throw new TypeError("store.listenUrl must begin with postgres://");
  }
  if ("sqlite" in store && (typeof store.sqlite !== "string" || store.sqlite === "")) {
    throw new TypeError("store.sqlite must be the path of a file");
  }
}

function assertUrl(url: string, insecure: InsecureCreateIssuerOptions): void {
  const fault = findIssuerUrlFault(url, insecure);
  if (fault !== undefined) {
    throw new TypeError(`url ${fault}`);
  }
}

function assertAudience(audience: string): void {
  if (typeof audience !== "string" || audience === "") {
    throw new TypeError("audience must be a non-empty string");
  }
}

function assertClaimsHook(claims: unknown): void {
  if (claims !== undefined && typeof claims !== "function") {
    throw new TypeError("claims must be a function");
  }
}
