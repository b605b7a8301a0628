import {
  type ConnectRouter,
  type ConnectRouterOptions,
  createMethodImplSpec,
  type Interceptor,
} from "@connectrpc/connect";
import type { Gate } from "../gate.ts";
import { gateHandler, hasGate } from "./gated-handler.ts";
import type { ImplementationGuard } from "./implementation-guard.ts";

/** What {@link createGuardedRoutes} needs. */
export interface GuardedRoutesOptions {
  /** The application's own. */
  readonly routes: (router: ConnectRouter) => void;
  /** The application's own, for all of its services. */
  readonly interceptors: readonly Interceptor[];
  readonly gate: Gate;
  readonly guard: ImplementationGuard;
  /** Whether Connect asks the gate before it reads the body of a call. */
  readonly isEarly: boolean;
  /** Receives one warning for each protection that is lost by how the routes are mounted. */
  readonly onWarning: (message: string) => void;
}

type RouteOptions = NonNullable<Parameters<ConnectRouter["service"]>[2]>;

/**
 * Create routes that carry the gate: they decide on every call, hold rules against every message and end streams by
 * themselves, whatever they are mounted in, and whatever interceptors or options that adds, replaces or forgets.
 *
 * The gate is put before what the router makes of a route, the rules and the life of streams around the implementation.
 */
export function createGuardedRoutes(options: GuardedRoutesOptions): (router: ConnectRouter) => void {
  const warned = new Set<string>();
  const warnOnce = (message: string): void => {
    if (!warned.has(message)) {
      warned.add(message);
      options.onWarning(message);
    }
  };
  return (router) => {
    const before = router.handlers.length;
    options.routes(guardRouter(router, options, () => warnOnce(NO_NODE_REQUEST)));
    assertGated(router.handlers.slice(before));
    if (!options.isEarly) {
      warnOnce(NO_EARLY_GATE);
    }
  };
}

/** Handlers can be put into the list of a router without its knowledge, and then nothing guards them. */
function assertGated(handlers: ConnectRouter["handlers"]): void {
  const [stranger] = handlers.filter((handler) => !hasGate(handler));
  if (stranger !== undefined) {
    throw new TypeError(
      `the routes put a handler of ${stranger.service.typeName}/${stranger.method.name} into router.handlers, where ` +
        "nothing guards it: register it with router.service or router.rpc",
    );
  }
}

const NO_NODE_REQUEST =
  "the adapter was not given the contextValues of createAuth: a second Authorization header is not seen, clients that " +
  "stop reading are not cut off, callers are not distinguished by their address, and a malformed Host ends the process of a " +
  "server without guardNodeServer. Spread auth into its options, or call auth.contextValues(req, res) in a " +
  "contextValues of your own";

const NO_EARLY_GATE =
  "this version of @connectrpc/connect has no early gate for requests, which comes with 2.2: the routes of createAuth " +
  "refuse calls by themselves, but what is left of their bodies may still be read, and nothing refuses a route that did " +
  "not go through createAuth";

/** The options of the routers that `describeRouter` was called with. */
const knownOptions = new WeakMap<ConnectRouter, ConnectRouterOptions>();

/** Record which options a router was made with: the router does not show them. */
export function describeRouter(router: ConnectRouter, options: ConnectRouterOptions): void {
  knownOptions.set(router, options);
}

function guardRouter(
  router: ConnectRouter,
  options: GuardedRoutesOptions,
  onBareCall: () => void,
): ConnectRouter {
  const { gate, guard, interceptors, isEarly } = options;
  const routerOptions = knownOptions.get(router) ?? {};

  /** Gate what registering adds to the router. */
  function register(add: () => void): ConnectRouter {
    const { handlers } = router;
    const before = handlers.length;
    add();
    const added = handlers.splice(before);
    handlers.push(
      ...added.map((handler) => gateHandler(handler, { gate, isEarly, routerOptions, onBareCall })),
    );
    return guarded;
  }

  const guarded: ConnectRouter = {
    handlers: router.handlers,
    service(service, implementation, own) {
      const { routeOptions, inner } = takeInterceptors(own, interceptors);
      const impl = guard.guardService(service, implementation, inner);
      return register(() => void router.service(service, impl, routeOptions));
    },
    rpc(method, implementation, own) {
      const { routeOptions, inner } = takeInterceptors(own, interceptors);
      const impl = guard.guardMethod(createMethodImplSpec(method, implementation), inner);
      // The guard of an implementation is of its kind.
      return register(() => void router.rpc(method, impl as unknown as typeof implementation, routeOptions));
    },
  };
  return guarded;
}

/**
 * Take the interceptors out of the options of a route: they run inside of the rules. Left there, they would replace
 * those of the adapter.
 */
function takeInterceptors(
  own: RouteOptions | undefined,
  common: readonly Interceptor[],
): { readonly routeOptions: RouteOptions | undefined; readonly inner: readonly Interceptor[] } {
  if (own === undefined) {
    return { routeOptions: own, inner: common };
  }
  const { interceptors = [], ...rest } = own;
  return {
    routeOptions: Object.keys(rest).length === 0 ? undefined : rest,
    inner: [...common, ...interceptors],
  };
}
