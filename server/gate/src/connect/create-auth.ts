import type { DescService } from "@bufbuild/protobuf";
import {
  type ConnectRouter,
  type ContextValues,
  createConnectRouter,
  type Interceptor,
} from "@connectrpc/connect";
import type { Authenticator } from "../authenticate/authenticator.ts";
import { createPolicyTable, type PolicyTable } from "../authorize/policy-table.ts";
import type { Documents } from "../kernel/documents.ts";
import { createStreamDrain } from "../streams/stream-drain.ts";
import type { StreamRegistry } from "../streams/stream-registry.ts";
import { authenticationOf, createAuthenticatorOf, createGateOf, createGuardOf } from "./assemble-gate.ts";
import { type Audiences, assertTokenAudiences, createAudiences } from "./audiences.ts";
import type { AuthOptions } from "./auth-options.ts";
import { createExplain, type Explain, type ExplainContext } from "./explain/explain.ts";
import { followRevocations } from "./follow-revocations.ts";
import { createRouteCheck } from "./foreign-route.ts";
import type { Gate } from "./gate.ts";
import { joinOtherServers, listSignals, renewForOthers, whenReady } from "./issuer-signals.ts";
import { createLiveIssuers, type LiveIssuers } from "./live-issuers.ts";
import { keepNodeRequest, type NodeResponse, type RawRequest } from "./node-request.ts";
import { AUTHORIZATION, createTokenReader, type TokenReader } from "./read-token.ts";
import { type RenewableRoutes, withRenewal } from "./renewal-route.ts";
import { type ResolvedAuthOptions, resolveAuthOptions } from "./resolve-auth-options.ts";
import { createChallengeHints } from "./resource/challenge.ts";
import { createResourceDocuments } from "./resource/resource-metadata.ts";
import { hasEarlyGate } from "./route/early-gate.ts";
import { createGuardedRoutes } from "./route/guarded-routes.ts";

/** What {@link createAuth} returns: to be spread into the options of a Connect adapter. */
export interface Auth {
  /**
   * The routes that were given, with the gate, the rules and the life of streams around each. They need nothing else
   * of this: whatever serves them, no call reaches a guarded implementation unguarded.
   */
  readonly routes: (router: ConnectRouter) => void;
  /** Decides on a call by its headers, before its body is received; for adapters, which decide sooner with it. */
  readonly requestGate: Gate;
  /**
   * The routes need none: it is empty, or before Connect 2.2 refuses what the gate refuses since. Your own are an
   * option of `createAuth`, or of the adapter.
   */
  readonly interceptors: Interceptor[];
  /** Keeps the request of Node at hand: a repeated Authorization header and a client that stopped reading show there. */
  readonly contextValues: (request: RawRequest, response?: NodeResponse) => ContextValues;
  /** How large a message may be when it arrives, in bytes. */
  readonly readMaxBytes: number;
  /** The rule of every method. */
  readonly policyTable: PolicyTable;
  /** The open streams that run on a token. */
  readonly streams: StreamRegistry;
  /** Adds issuers, and removes them, while the server runs. */
  readonly issuers: LiveIssuers;
  /**
   * With option `resource`, the metadata by which clients learn where to get tokens ([RFC
   * 9728](https://www.rfc-editor.org/rfc/rfc9728)), at `/.well-known/oauth-protected-resource` and the path of the
   * resource; else empty. `buildRequestListener` and `createFetchHandler` serve it; in other hosts, add it: as a table of
   * endpoints by their path, or as one endpoint, `auth.documents(request)`, which answers 404 to any other path.
   */
  readonly documents: Documents;
  /**
   * Explains what the gate would do with a call, for an operator: which check denies it, what was expected and what came,
   * which rule, and where the proto has it. It leaves no trace.
   */
  readonly explain: Explain;
  /**
   * End the open streams, when the server stops: one after another, each with `SERVER_DRAINING` and the trailer
   * `countersign-drain`, on which `resumable` of the SDK opens it again at once. First see to it that new connections go to
   * other servers; `close` of what `listen` returns does both. Calls of one answer go on to their end. Streams that
   * are opened afterwards end at once. Later calls wait for the same.
   *
   * @param overMs how long it may take until the last one has been ended, in milliseconds; 100 streams take a second at the most
   */
  readonly drain: (overMs: number) => Promise<void>;
  /** Resolves when the `signals` of all issuers are known: calls that come earlier get `AUTH_UNAVAILABLE`. */
  readonly ready: Promise<void>;
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
  const resolved = resolveAuthOptions(options);
  const { streams, clock, messages, certificates } = resolved;
  const handlers = handlersOf(resolved.routes);
  const { routes, policies } = routesOf(resolved, handlers);
  const isEarly = hasEarlyGate(handlers);
  const audiences = createAudiencesOf(resolved, options, policies);
  const findChallengeHints = createChallengeHints(resolved.resource, policies);
  const readToken = createTokenReaderOf(resolved);
  const authentication = authenticationOf(resolved, audiences);
  const authenticator = createAuthenticatorOf(resolved, authentication);
  const gate = createGateOf(resolved, { policies, audiences, authenticator, findChallengeHints, readToken });
  const drain = createStreamDrain(clock);
  const guardedRoutes = createGuardedRoutes({
    routes,
    interceptors: resolved.interceptors,
    gate,
    guard: createGuardOf(resolved, { policies, gate, findChallengeHints, audiences, authenticator, drain }),
    messages,
    isEarly,
    onWarning: resolved.onWarning,
  });
  // Whatever is wrong with them is said at start, not when they are mounted.
  guardedRoutes(createConnectRouter());
  followIssuers(resolved, authenticator);
  return {
    routes: guardedRoutes,
    requestGate: gate,
    interceptors: isEarly ? [] : [createRouteCheck(resolved.onError)],
    contextValues: (request, response) => keepNodeRequest(request, response, certificates.read),
    readMaxBytes: messages.readMaxBytes,
    policyTable: policies,
    streams,
    issuers: createLiveIssuersOf(resolved, audiences, authenticator),
    documents: createDocumentsOf(resolved, policies, audiences),
    explain: createExplainOf(resolved, { policies, audiences, readToken, authentication }),
    drain: (overMs) => drain.run(overMs),
    ready: whenReady(listSignals(resolved.signals)),
  };
}

type ExplainParts = Pick<ExplainContext, "policies" | "audiences" | "readToken" | "authentication">;

function createExplainOf(
  { enforcement, clock, decider, proofs }: ResolvedAuthOptions,
  { policies, audiences, readToken, authentication }: ExplainParts,
): Explain {
  return createExplain({
    policies,
    audiences,
    readToken,
    enforcement,
    clock,
    decider,
    authentication,
    proofs,
  });
}

/** @throws TypeError when an issuer's tokens are for no audience of the server */
function createAudiencesOf(
  { issuers }: ResolvedAuthOptions,
  given: AuthOptions,
  policies: PolicyTable,
): Audiences {
  const audiences = createAudiences(issuers, policies);
  assertTokenAudiences(given.issuers, audiences);
  return audiences;
}

/** Learn what issuers revoke, and fetch their keys ahead of the first call. */
function followIssuers(resolved: ResolvedAuthOptions, authenticator: Authenticator): void {
  followRevocations(resolved);
  renewForOthers(resolved, authenticator);
  for (const { keys } of resolved.issuers) {
    keys.prefetch?.();
  }
}

function createTokenReaderOf({ tokenHeader, maxTokenBytes }: ResolvedAuthOptions): TokenReader {
  return createTokenReader({ header: tokenHeader, maxTokenBytes });
}

function createLiveIssuersOf(
  { trust, streams, onWarning }: ResolvedAuthOptions,
  audiences: Audiences,
  { forget }: Authenticator,
): LiveIssuers {
  return createLiveIssuers({ audiences, trust, forget, streams, onWarning });
}

type Handlers = ConnectRouter["handlers"];

/** The routes, with the service that renews streams where one needs it, and the rules of all. */
function routesOf(resolved: ResolvedAuthOptions, handlers: Handlers): RenewableRoutes {
  return withRenewal({
    routes: resolved.routes,
    policies: createPolicyTable(servicesOf(handlers), resolved.policies, resolved.onWarning),
    streams: resolved.streams,
    clock: resolved.clock,
    others: joinOtherServers(listSignals(resolved.signals)),
    observe: resolved.observer,
    onWarning: resolved.onWarning,
  });
}

/** Register the routes on a router of our own, to learn what they serve. */
function handlersOf(routes: AuthOptions["routes"]): Handlers {
  const router = createConnectRouter();
  routes(router);
  return router.handlers;
}

function servicesOf(handlers: Handlers): readonly DescService[] {
  return handlers.map((handler) => handler.service);
}

function createDocumentsOf(
  { resource, tokenHeader, proofs }: ResolvedAuthOptions,
  policies: PolicyTable,
  { issuers }: Audiences,
): Documents {
  return createResourceDocuments({
    resource,
    policies,
    issuers: () => issuers.names(),
    usesAuthorizationHeader: tokenHeader === AUTHORIZATION,
    takesProofs: proofs.publicUrls.length > 0,
  });
}
