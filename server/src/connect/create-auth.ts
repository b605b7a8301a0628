import type { DescService } from "@bufbuild/protobuf";
import { type ConnectRouter, createConnectRouter, type Interceptor } from "@connectrpc/connect";
import { createAuthenticator } from "../authenticate/authenticator.ts";
import { createPolicyTable, type PolicyTable } from "../authorize/policy-table.ts";
import type { StreamRegistry } from "../streams/stream-registry.ts";
import { createAudiences } from "./audiences.ts";
import { type AuthOptions, resolveAuthOptions } from "./auth-options.ts";
import { createErrorInterceptor } from "./error-interceptor.ts";
import { createGate, type Gate } from "./gate.ts";
import { describeUnary } from "./interceptor-scope.ts";
import { createMessageRules } from "./message-rules.ts";
import { keepNodeRequest } from "./node-request.ts";
import { createStreamLeases } from "./stream-leases.ts";

/** What {@link createAuth} returns: to be spread into the options of a Connect adapter. */
export interface Auth {
  /** The routes that were given. */
  readonly routes: (router: ConnectRouter) => void;
  /** Decides on a call by its headers, before its body is received. */
  readonly requestGate: Gate;
  /** What needs the messages or the life of a call. */
  readonly interceptors: Interceptor[];
  /** Keeps the request of Node at hand: a repeated Authorization header and a client that stopped reading show there. */
  readonly contextValues: typeof keepNodeRequest;
  /** How large a message may be when it arrives, in bytes. */
  readonly readMaxBytes: number;
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
  const resolved = resolveAuthOptions(options);
  const { routes, audit, enforcement, streams, clockToleranceSeconds: toleranceSeconds } = resolved;
  const policies = createPolicyTable(servicesOf(routes), resolved.policies);
  const audiences = createAudiences(resolved.issuers, policies);
  const authenticator = createAuthenticator({
    ...resolved,
    issuers: audiences.issuers,
    toleranceSeconds,
    cacheEntries: resolved.verdictCacheEntries,
    keyTimeoutMs: resolved.gateTimeoutMs,
  });
  const leases = createStreamLeases({ ...resolved, registry: streams, policies, toleranceSeconds });
  return {
    routes,
    requestGate: createGate({
      ...resolved,
      policies,
      audiences,
      authenticator,
    }),
    interceptors: [
      createErrorInterceptor(resolved.onError),
      describeUnary(enforcement.unlessShadow(leases), { appliesTo: () => false }),
      createMessageRules({ policies, audit, enforcement }),
    ],
    contextValues: keepNodeRequest,
    readMaxBytes: resolved.readMaxBytes,
    policyTable: policies,
    streams,
  };
}

/** Register the routes on a router of our own, to learn what they serve. */
function servicesOf(routes: AuthOptions["routes"]): readonly DescService[] {
  const router = createConnectRouter();
  routes(router);
  return router.handlers.map((handler) => handler.service);
}
