import type { ConnectRouterOptions } from "@connectrpc/connect";
import type { Auth, Endpoint } from "@countersign/server";
import { assertOptionNames, assertPositive, resolveWarningSink } from "@countersign/server/internal";
import type { CorsOptions } from "./cors.ts";
import type { SomeWaitingLimits } from "./exchange/waiting-bytes.ts";
import type { CallRequest } from "./handler.ts";
import type { RpcOptions } from "./rpc-options.ts";
import type { PageHandler } from "./serve-endpoint.ts";

/** What a server answers. */
export interface RequestListenerOptions extends RpcOptions, CorsOptions, SomeWaitingLimits {
  /**
   * The public documents of `createAuth`, which scripts of every origin may read. An endpoint for the same path takes the
   * place of one, and `onWarning` says so. Default: none.
   */
  readonly documents?: Readonly<Record<string, Endpoint>> | undefined;
  /** What answers the requests for one path, such as `/.well-known/jwks.json` or `/oauth2/token`. */
  readonly endpoints?: Readonly<Record<string, Endpoint>> | undefined;
  /** Ends the open streams when `close` of the listener is called: that of `createAuth`. Absent: they are cut off. */
  readonly drain?: Auth["drain"] | undefined;
  /** Is asked about GET and HEAD requests for anything else, such as the files of a page. Absent: there is nothing else. */
  readonly pages?: PageHandler | undefined;
  /**
   * Says where a request comes from, in the form that limits count by: RPCs and endpoints alike. Default, also where it
   * returns an empty string or throws: the network of the socket. Behind a proxy that is the proxy's for all of them.
   */
  readonly peerOf?: ((req: CallRequest) => string) | undefined;
}

const OPTION_NAMES = {
  routes: true,
  requestGate: true,
  interceptors: true,
  readMaxBytes: true,
  writeMaxBytes: true,
  arrivalTimeoutMs: true,
  maxWaitingBytes: true,
  maxWaitingBytesPerConnection: true,
  jsonOptions: true,
  binaryOptions: true,
  shutdownSignal: true,
  contextValues: true,
  unaryFastPath: true,
  streamFastPath: true,
  onWarning: true,
  onError: true,
  allowedOrigins: true,
  allowedHeaders: true,
  documents: true,
  endpoints: true,
  drain: true,
  pages: true,
  peerOf: true,
} satisfies Record<keyof RequestListenerOptions, true>;

type OwnName = keyof RequestListenerOptions;

/** What `createAuth` returns beside options: callers spread all of it. */
const AUTH_NAMES = {
  policyTable: true,
  streams: true,
  issuers: true,
  explain: true,
  ready: true,
} satisfies Record<Exclude<keyof Auth, OwnName>, true>;

/** Options of Connect's router that change nothing here: what serves another adapter may be given as it is. */
const UNUSED_NAMES = {
  grpc: true,
  grpcWeb: true,
  connect: true,
  acceptCompression: true,
  compressMinBytes: true,
  maxTimeoutMs: true,
  requireConnectProtocolHeader: true,
} satisfies Record<Exclude<keyof ConnectRouterOptions, OwnName>, true>;

const POSITIVE_NAMES = ["readMaxBytes", "writeMaxBytes", "arrivalTimeoutMs"] as const;

/**
 * Assert that the options of `buildRequestListener` have names that are known, and its limits values that are possible:
 * plain JavaScript does not know the types. `onWarning` learns of options of Connect's router that change nothing.
 *
 * @throws TypeError that names the option, and the one that was probably meant
 */
export function assertListenerOptions(options: RequestListenerOptions): void {
  const given = Object.entries(Object(options));
  const others = given.filter(
    ([name]) => !Object.hasOwn(AUTH_NAMES, name) && !Object.hasOwn(UNUSED_NAMES, name),
  );
  assertOptionNames("buildRequestListener", Object.fromEntries(others), OPTION_NAMES);
  assertGate(options);
  for (const name of POSITIVE_NAMES) {
    if (options[name] !== undefined) {
      assertPositive(name, options[name]);
    }
  }
  const onWarning = resolveWarningSink(options.onWarning);
  for (const [name, value] of given) {
    if (Object.hasOwn(UNUSED_NAMES, name) && value !== undefined) {
      onWarning(`buildRequestListener does not use option ${name} of Connect's router`);
    }
  }
}

/** Without a gate of `createAuth`, calls would reach their handlers unasked. */
function assertGate(options: Partial<RequestListenerOptions> | undefined): void {
  const { routes, requestGate, interceptors } = options ?? {};
  const isOf = {
    routes: isFunction(routes),
    requestGate: isFunction(requestGate),
    interceptors: Array.isArray(interceptors),
  };
  const missing = Object.entries(isOf).flatMap(([name, isGiven]) => (isGiven ? [] : [name]));
  if (missing.length > 0) {
    throw new TypeError(
      `buildRequestListener needs ${missing.join(" and ")} of createAuth: give it all that createAuth returns, as in ` +
        "buildRequestListener({ ...auth })",
    );
  }
}

function isFunction(value: unknown): boolean {
  return typeof value === "function";
}
