import {
  type ConnectRouter,
  type ConnectRouterOptions,
  createMethodImplSpec,
  type Interceptor,
} from "@connectrpc/connect";
import type { Gate } from "../gate.ts";
import { gateHandler } from "./gated-handler.ts";
import type { ImplementationGuard } from "./implementation-guard.ts";

/** What {@link createGuardedRoutes} needs. */
export interface GuardedRoutesOptions {
  /** The application's own. */
  readonly routes: (router: ConnectRouter) => void;
  /** The application's own, for all of its services. */
  readonly interceptors: readonly Interceptor[];
  readonly gate: Gate;
  readonly guard: ImplementationGuard;
  /** How large a message may be when it arrives, in bytes. */
  readonly readMaxBytes: number;
  /** Whether Connect asks the gate before it reads the body of a call. */
  readonly isEarly: boolean;
  /** Told once of each thing that is lost by how the routes are mounted. */
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
    options.routes(guardRouter(router, options, () => warnOnce(NO_NODE_REQUEST)));
    if (!options.isEarly) {
      warnOnce(LATE_REFUSALS);
    }
  };
}

const NO_NODE_REQUEST =
  "the adapter was not given the contextValues of createAuth: a second Authorization header is not seen, clients that " +
  "stop reading are not cut off, and callers are not told apart by their address. Spread auth into its options, or " +
  "call auth.contextValues(req, res) in a contextValues of your own";

const LATE_REFUSALS =
  "this version of @connectrpc/connect decides on calls only when their body has been read: " +
  "calls without a good token are refused, but cost more. From 2.2 on they are refused before the body is read";

/** The options of routers whose makers have told of them. */
const knownOptions = new WeakMap<ConnectRouter, ConnectRouterOptions>();

/** Tell which options a router was made with: a router does not say. */
export function describeRouter(router: ConnectRouter, options: ConnectRouterOptions): void {
  knownOptions.set(router, options);
}

function guardRouter(
  router: ConnectRouter,
  options: GuardedRoutesOptions,
  onBareCall: () => void,
): ConnectRouter {
  const { gate, guard, interceptors, readMaxBytes } = options;
  const routerOptions = knownOptions.get(router) ?? { readMaxBytes };

  /** Gate what registering adds to the router. */
  function register(add: () => void): ConnectRouter {
    const { handlers } = router;
    const before = handlers.length;
    add();
    const added = handlers.splice(before);
    handlers.push(...added.map((handler) => gateHandler(handler, { gate, routerOptions, onBareCall })));
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
