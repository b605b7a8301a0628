import type { DescService } from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  type ConnectRouter,
  type ConnectRouterOptions,
  createMethodImplSpec,
  type Interceptor,
} from "@connectrpc/connect";
import { createByteBudget } from "../../kernel/byte-budget.ts";
import type { Gate } from "../gate.ts";
import { createMessageRoom, type MessageRoom } from "../message/expand-message.ts";
import { createMessageInspector } from "../message/message-inspector.ts";
import type { MessageOptions } from "../message/message-options.ts";
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
  /** What messages may be. */
  readonly messages: MessageOptions;
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
  const room = createMessageRoom(createByteBudget(options.messages.waiting));
  const warnOnce = (message: string): void => {
    if (!warned.has(message)) {
      warned.add(message);
      options.onWarning(message);
    }
  };
  return (router) => {
    const before = router.handlers.length;
    const onBareCall = (): void => warnOnce(NO_NODE_REQUEST);
    options.routes(guardRouter(router, options, { onBareCall, room }));
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

/** What all routers of a server share. */
interface RouterUse {
  readonly onBareCall: () => void;
  readonly room: MessageRoom;
}

function guardRouter(
  router: ConnectRouter,
  options: GuardedRoutesOptions,
  { onBareCall, room }: RouterUse,
): ConnectRouter {
  const { gate, guard, interceptors, isEarly, messages } = options;
  const routerOptions = knownOptions.get(router) ?? {};

  /** Gate what registering adds to the router. */
  function register(own: RouteOptions | undefined, add: () => void): ConnectRouter {
    const { handlers } = router;
    const before = handlers.length;
    add();
    const added = handlers.splice(before);
    const readMaxBytes = own?.readMaxBytes ?? routerOptions.readMaxBytes ?? messages.readMaxBytes;
    const hasDefaultCompression = (own?.acceptCompression ?? routerOptions.acceptCompression) === undefined;
    for (const handler of added) {
      const inspector = createMessageInspector(handler.method.input, messages.limits);
      const inspection = { inspector, readMaxBytes, room };
      handlers.push(
        gateHandler(handler, { gate, inspection, isEarly, routerOptions, hasDefaultCompression, onBareCall }),
      );
    }
    return guarded;
  }

  /** Options of a route take the place of those of its router, which have to be said again. */
  const toRouteOptions = (
    own: RouteOptions | undefined,
    service: DescService,
    tryRoute: () => void,
  ): RouteOptions => ({
    ...findProtocolsOff(router, tryRoute),
    ...own,
    binaryOptions: {
      readUnknownFields: messages.keepUnknownFields.has(service),
      ...routerOptions.binaryOptions,
      ...own?.binaryOptions,
    },
  });

  const guarded: ConnectRouter = {
    handlers: router.handlers,
    service(service, implementation, own) {
      const all = toRouteOptions(own, service, () => void router.service(service, {}));
      const { routeOptions, inner } = takeInterceptors(all, interceptors);
      const impl = guard.guardService(service, implementation, inner);
      return register(own, () => void router.service(service, impl, routeOptions));
    },
    rpc(method, implementation, own) {
      const all = toRouteOptions(own, method.parent, () => void router.rpc(method, TRIED));
      const { routeOptions, inner } = takeInterceptors(all, interceptors);
      const impl = guard.guardMethod(createMethodImplSpec(method, implementation), inner);
      // The guard of an implementation is of its kind.
      return register(
        own,
        () => void router.rpc(method, impl as unknown as typeof implementation, routeOptions),
      );
    },
  };
  return guarded;
}

/** The protocols that a router can leave out, by how Connect calls them. */
const PROTOCOLS = { grpc: "grpc", grpcWeb: "grpc-web", connect: "connect" } as const;

/** Which of them routers leave out. */
const protocolsOff = new WeakMap<ConnectRouter, RouteOptions>();

/**
 * Find the protocols that a router leaves out, which its routes with options of their own would have again.
 *
 * @param tryRoute registers a route without options. A router does not say what it leaves out, but its handlers do
 */
function findProtocolsOff(router: ConnectRouter, tryRoute: () => void): RouteOptions {
  const options = knownOptions.get(router);
  const known = protocolsOff.get(router);
  if (known !== undefined || options !== undefined) {
    return known ?? without((name) => Reflect.get(options ?? {}, name) !== false);
  }
  const before = router.handlers.length;
  tryRoute();
  const served = router.handlers.splice(before).flatMap(({ protocolNames }) => protocolNames);
  if (served.length === 0) {
    return {}; // a service without methods
  }
  const off = without((_, protocol) => served.includes(protocol));
  protocolsOff.set(router, off);
  return off;
}

function without(isServed: (name: string, protocol: string) => boolean): RouteOptions {
  const off = Object.entries(PROTOCOLS).filter(([name, protocol]) => !isServed(name, protocol));
  return Object.fromEntries(off.map(([name]) => [name, false]));
}

/** What is registered only to see by which protocols it is served. */
const TRIED = (() => Promise.reject(new ConnectError("tried", Code.Unimplemented))) as never;

/**
 * Take the interceptors out of the options of a route: they run inside of the rules. Left there, they would replace
 * those of the adapter.
 */
function takeInterceptors(
  own: RouteOptions,
  common: readonly Interceptor[],
): { readonly routeOptions: RouteOptions; readonly inner: readonly Interceptor[] } {
  const { interceptors = [], ...routeOptions } = own;
  return { routeOptions, inner: [...common, ...interceptors] };
}
