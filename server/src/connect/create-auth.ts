import type { DescService } from "@bufbuild/protobuf";
import {
  type ConnectRouter,
  type ContextValues,
  createConnectRouter,
  type Interceptor,
} from "@connectrpc/connect";
import { createAuthenticator, type RevocationCheck } from "../authenticate/authenticator.ts";
import { createTrustedIssuers } from "../authenticate/issuers.ts";
import type { Policy } from "../authorize/policy.ts";
import { createPolicyTable, type PolicyTable } from "../authorize/policy-table.ts";
import { type Clock, systemClock } from "../clock.ts";
import { type AuditSink, silentAudit } from "../operate/audit.ts";
import { createStreamRegistry, type StreamRegistry } from "../streams/stream-registry.ts";
import type { ErrorSink } from "./error-contract.ts";
import { createErrorInterceptor } from "./error-interceptor.ts";
import { createGate, type Gate } from "./gate.ts";
import { type IssuerOptions, resolveIssuer } from "./issuer-options.ts";
import { createMessageRules } from "./message-rules.ts";
import { type RawRequest, readRawHeaders } from "./raw-headers.ts";
import { createStreamLeases } from "./stream-leases.ts";

/** What {@link createAuth} takes. */
export interface AuthOptions {
  /** Your routes. Every method that they register must have an access rule. */
  readonly routes: (router: ConnectRouter) => void;
  /** Whose tokens are accepted. */
  readonly issuers: readonly IssuerOptions[];
  /** The name of this server in claim `aud` of the tokens that are meant for it. */
  readonly audience: string;
  /** Rules for services whose proto you cannot annotate, such as the standard health service. */
  readonly policies?: ReadonlyMap<DescService, Policy>;
  /** What has been revoked. Default: nothing is, short of expiry. */
  readonly revocations?: RevocationCheck;
  /** How far the clocks of issuer and server may lie apart, in seconds. Default: 5. */
  readonly clockToleranceSeconds?: number;
  /** How many verified tokens are remembered. Default: 10,000, about 10 MB. */
  readonly verdictCacheEntries?: number;
  /** How long a decision may wait for keys, in milliseconds. Default: 5,000. */
  readonly gateTimeoutMs?: number;
  /** Who is told of calls that were refused. Default: nobody. */
  readonly audit?: AuditSink;
  /** Who is told of unexpected errors, which leave as "internal error". Default: console.error. */
  readonly onError?: ErrorSink;
  /** Where open streams are kept, for a service that renews them. Default: a registry of its own. */
  readonly streams?: StreamRegistry;
  /** The time. Default: the machine's. */
  readonly clock?: Clock;
}

/** What {@link createAuth} returns: to be spread into the options of a Connect adapter. */
export interface Auth {
  /** The routes that were given. */
  readonly routes: (router: ConnectRouter) => void;
  /** Decides on a call by its headers, before its body is received. */
  readonly requestGate: Gate;
  /** What needs the messages or the life of a call. */
  readonly interceptors: Interceptor[];
  /** Sees a repeated Authorization header on Node, where it is dropped before anyone else looks. */
  readonly contextValues: (request: RawRequest) => ContextValues;
  /** The rule of every method. */
  readonly policyTable: PolicyTable;
  /** The open streams that run on a token. */
  readonly streams: StreamRegistry;
}

/**
 * Create the authentication of a Connect server.
 *
 *     connectNodeAdapter({ ...createAuth({ routes, issuers, audience: "ledger" }) })
 *
 * @throws PolicyError when methods have no access rule, or one that contradicts itself; it names all of them
 * @throws TypeError when an option is wrong
 */
export function createAuth(options: AuthOptions): Auth {
  const { routes, clock, toleranceSeconds, revocations, audit, onError } = resolveAuthOptions(options);
  const policyTable = createPolicyTable(servicesOf(routes), options.policies);
  const issuers = createTrustedIssuers(
    options.issuers.map((issuer) => resolveIssuer(issuer, { audience: options.audience, clock })),
  );
  const cacheEntries = options.verdictCacheEntries ?? DEFAULT_CACHE_ENTRIES;
  const authenticator = createAuthenticator({ issuers, revocations, clock, toleranceSeconds, cacheEntries });
  const streams = options.streams ?? createStreamRegistry();
  const timeoutMs = options.gateTimeoutMs ?? DEFAULT_GATE_TIMEOUT_MS;
  return {
    routes,
    requestGate: createGate({ policies: policyTable, authenticator, clock, audit, timeoutMs, onError }),
    interceptors: [
      createErrorInterceptor(onError),
      createStreamLeases({ registry: streams, policies: policyTable, revocations, clock, toleranceSeconds }),
      createMessageRules(policyTable, audit),
    ],
    contextValues: readRawHeaders,
    policyTable,
    streams,
  };
}

/** About 10 MB of verdicts: more than the users of one server who are active within a token's life. */
const DEFAULT_CACHE_ENTRIES = 10_000;
/** Longer than fetching keys takes at its slowest, shorter than callers usually wait. */
const DEFAULT_GATE_TIMEOUT_MS = 5000;
/** What clocks that are kept by NTP may lie apart, with room to spare. */
const DEFAULT_TOLERANCE_SECONDS = 5;
/** More than this is no tolerance but a longer life of every token. */
const MAX_TOLERANCE_SECONDS = 300;

const NOTHING_REVOKED: RevocationCheck = { isRevoked: () => false };

function resolveAuthOptions(options: AuthOptions) {
  const toleranceSeconds = options.clockToleranceSeconds ?? DEFAULT_TOLERANCE_SECONDS;
  if (!(toleranceSeconds >= 0 && toleranceSeconds <= MAX_TOLERANCE_SECONDS)) {
    throw new TypeError(`clockToleranceSeconds must be between 0 and ${MAX_TOLERANCE_SECONDS}`);
  }
  if (options.audience === "") {
    throw new TypeError("audience must not be empty");
  }
  return {
    routes: options.routes,
    toleranceSeconds,
    clock: options.clock ?? systemClock,
    revocations: options.revocations ?? NOTHING_REVOKED,
    audit: options.audit ?? silentAudit,
    onError: options.onError ?? printError,
  };
}

/** Register the routes on a router of our own, to learn what they serve. */
function servicesOf(routes: AuthOptions["routes"]): readonly DescService[] {
  const router = createConnectRouter();
  routes(router);
  return router.handlers.map((handler) => handler.service);
}

/** An error that nobody asked to hear of must not be lost. */
const printError: ErrorSink = (error, method) => {
  // biome-ignore lint/suspicious/noConsole: the last resort of a library that was given no log
  console.error(`unexpected error in ${method.parent.typeName}/${method.name}`, error);
};
