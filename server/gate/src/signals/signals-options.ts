import { type Clock, resolveClock } from "../kernel/clock.ts";
import { isolateSink } from "../kernel/isolate-sink.ts";
import { assertPositive } from "../kernel/limits.ts";
import {
  assertOptions,
  FUNCTION,
  NUMBER,
  narrowing,
  OBJECT,
  type OptionForm,
  required,
  SWITCH,
  TEXT,
  TEXTS,
  withMethods,
} from "../kernel/option-forms.ts";
import { createUrlCheck, type UrlCheck } from "../keys/secure-url.ts";
import type { ClientCredential } from "./client-secret.ts";
import { printSignalsError, STALE_AFTER_MS } from "./signals-defaults.ts";
import { canHashSubjects } from "./token-views.ts";

/** What {@link createSignals} takes. */
export interface SignalsOptions {
  /** The issuer, exactly as claim `iss` of its tokens has it. Its metadata say where tokens are granted. */
  readonly issuer: string;
  /** Proves which client this server is: see {@link clientSecret}. The client needs scope `signals:read`, and `signals:renew` to renew streams on whichever server. */
  readonly credential: ClientCredential;
  /**
   * The URLs of the servers that tell what is revoked. With several, the next one is asked as soon as one does not answer.
   * Default: the issuer.
   */
  readonly hubs?: readonly string[] | undefined;
  /**
   * How long calls are accepted while no hub answers, in milliseconds, counted from the moment of which all is known. Then
   * they get `AUTH_UNAVAILABLE`. Default: 60,000.
   */
  readonly staleAfterMs?: number | undefined;
  /**
   * Whether this server learns of subjects that it has no token of only by a keyed hash. It computes one hash for each token
   * while a subject is revoked, and needs `node:crypto`. Default: false.
   */
  readonly hashSubjects?: boolean;
  /** A fetch of yours, such as `createFetch` of `@countersign/node`, which can trust a CA. Default: that of the platform. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** The time. Default: the machine's. */
  readonly clock?: Clock | undefined;
  /**
   * Receives why no hub sends anything: at once what an operator has to mend, and each other problem once it lasts. Its message
   * says what to do, and no secret. Default: console.error.
   */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** What makes it less safe. `createAuth` says each to its `onWarning`. */
  readonly insecure?: InsecureSignalsOptions | undefined;
}

/** Relaxations of {@link createSignals}. */
export interface InsecureSignalsOptions {
  /**
   * Accept calls for as long as no hub answers, although what is revoked meanwhile is accepted. Before a hub has answered for
   * the first time, calls are refused all the same. Default: false.
   */
  readonly failOpen?: boolean | undefined;
  /**
   * Hosts, each with its port as `auth:8080`, that are asked over `http://`: an attacker on the way gets the secret of the
   * client, and can keep what is revoked from this server. For private networks. Default: none but loopback.
   */
  readonly allowHttpHosts?: readonly string[] | undefined;
}

/** Every option, with its default filled in. */
export interface ResolvedSignalsOptions {
  readonly issuer: string;
  readonly credential: ClientCredential;
  readonly hubs: readonly URL[];
  /** Infinity: calls are accepted for as long as no hub answers. */
  readonly staleAfterMs: number;
  readonly hashSubjects: boolean;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
  readonly urls: UrlCheck;
  readonly relaxations: readonly string[];
}

const FORMS: Readonly<Record<keyof SignalsOptions, OptionForm>> = {
  issuer: required(TEXT),
  credential: required(
    withMethods("toAuthorization"),
    "must be a credential, such as clientSecret(id, secret)",
  ),
  hubs: TEXTS,
  staleAfterMs: NUMBER,
  hashSubjects: narrowing(SWITCH),
  fetch: FUNCTION,
  clock: OBJECT,
  onError: FUNCTION,
  insecure: OBJECT,
};

const INSECURE_FORMS: Readonly<Record<keyof InsecureSignalsOptions, OptionForm>> = {
  failOpen: SWITCH,
  allowHttpHosts: TEXTS,
};

/**
 * Fill in the defaults.
 *
 * @throws TypeError when an option is wrong, or there is none of its name
 */
export function resolveSignalsOptions(options: SignalsOptions): ResolvedSignalsOptions {
  assertOptions("createSignals", options, FORMS);
  const { issuer, credential, staleAfterMs = STALE_AFTER_MS, hashSubjects = false, insecure = {} } = options;
  assertOptions("option insecure of createSignals", insecure, INSECURE_FORMS);
  assertPositive("createSignals: staleAfterMs", staleAfterMs);
  if (hashSubjects && !canHashSubjects()) {
    throw new TypeError("createSignals: hashSubjects needs a runtime with node:crypto");
  }
  const { failOpen = false, allowHttpHosts = [] } = insecure;
  const urls = createUrlCheck(allowHttpHosts);
  const issuerUrl = urls.parse("createSignals: issuer", issuer);
  return {
    issuer,
    credential,
    hubs: options.hubs?.map((hub) => urls.parse("createSignals: a hub", hub)) ?? [issuerUrl],
    staleAfterMs: failOpen ? Infinity : staleAfterMs,
    hashSubjects,
    // Looked up for each call, so that what takes its place later is used too.
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    clock: resolveClock(options.clock),
    onError: isolateSink(options.onError ?? printSignalsError),
    urls,
    relaxations: describeRisks(failOpen, allowHttpHosts),
  };
}

function describeRisks(failOpen: boolean, httpHosts: readonly string[]): readonly string[] {
  return [
    ...(failOpen ? ["signals: revoked tokens are accepted while no hub answers"] : []),
    ...httpHosts.map(
      (host) =>
        `signals: ${host} is asked over http, unprotected: the secret of the client can be read on the way`,
    ),
  ];
}
