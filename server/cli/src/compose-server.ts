import type { ConnectRouter } from "@connectrpc/connect";
import { StreamService } from "@countersign/gen/countersign/auth/v1/stream_pb.js";
import { shareRateLimit } from "@countersign/issuer/internal";
import { buildRequestListener, type HttpHandler, type PageHandler } from "@countersign/node";
import { readPeer } from "@countersign/node/internal";
import {
  type Auth,
  createAuth,
  createLogoutReceiver,
  createRateLimit,
  createStandardServices,
  createStreamRegistry,
  createStreamService,
  type HealthState,
  type LogoutReceiver,
  type RateLimit,
} from "@countersign/server";
import { toMethodName } from "@countersign/server/internal";
import type { BuiltInServices } from "./built-in-services.ts";
import { explainIssuersFile } from "./federated-issuers.ts";
import { PROXY_LIMITS } from "./limit-settings.ts";
import type { Backend } from "./open-backend.ts";
import { publicUrlsOf } from "./public-urls.ts";

/** What a server serves. */
export interface ServerMode extends BuiltInServices {
  /** Open what is served beside the services of the command. Absent: nothing is. */
  readonly openAddition?: (backend: Backend) => Promise<Addition>;
}

/** What a server serves beside the services of the command. */
export interface Addition extends AsyncDisposable {
  /** Registers its services: those of the mode that are none of the command. */
  readonly routes: (router: ConnectRouter) => void;
  /** Answers requests for files. Absent: there are none. */
  readonly pages?: PageHandler;
}

/** A server that has been put together, and does not listen yet. */
export interface ComposedServer {
  /** Answers every request. */
  readonly handler: HttpHandler;
  /** Whether it takes calls. */
  readonly health: HealthState;
  /** Its gate and open streams. */
  readonly auth: Auth;
}

/** What {@link composeServer} needs beside what the server runs on. */
export interface ServerParts {
  /** What it serves. */
  readonly mode: ServerMode;
  /** Aborts when calls must come to an end. */
  readonly shutdown: AbortSignal;
  /** Closes what this opens. */
  readonly opened: AsyncDisposableStack;
}

/** How large a renewal may be, in bytes: the names of 1,000 streams and of their owners, in JSON. */
const MAX_RENEWAL_BYTES = 128 * 1024;

/** How long tokens that are not valid count against an address, in milliseconds. */
const BAD_TOKENS_WINDOW_MS = 10_000;

/**
 * Put a server together.
 *
 * @param backend what it runs on
 * @throws PolicyError when a method has no access rule
 */
export async function composeServer(backend: Backend, parts: ServerParts): Promise<ComposedServer> {
  const { config, log, observer, issuer } = backend;
  const { clock } = issuer;
  const { mode, opened } = parts;
  const streams = createStreamRegistry();
  const renewal = createStreamService({ streams, clock, others: issuer.trust.signals, observe: observer });
  const addition = opened.use(await mode.openAddition?.(backend));
  const { routes, policies, health } = createStandardServices({
    reflection: mode.reflection,
    routes(router) {
      issuer.routes(router);
      router.service(StreamService, renewal, { readMaxBytes: MAX_RENEWAL_BYTES });
      addition?.routes(router);
    },
  });
  const tokenFailureLimit = limitBadTokens(backend);
  const logouts = receiveLogouts(backend, tokenFailureLimit);
  opened.use(logouts);
  const auth = createAuth({
    routes,
    issuers: [issuer.trust, ...backend.otherIssuers],
    audience: config.audience,
    ...(config.resource === undefined ? {} : { resource: config.resource }),
    policies,
    clockToleranceSeconds: config.clockToleranceMs / 1000,
    maxTokenBytes: config.maxTokenBytes,
    tokenHeader: config.tokenHeader,
    publicUrls: publicUrlsOf(config, issuer.trust.issuer),
    dpop: issuer.dpop,
    tokenFailureLimit,
    clock,
    streams,
    ...(logouts === undefined ? {} : { logouts }),
    observe: observer,
    // The log of the command has them with the other settings: see openBackend.
    logRefusals: false,
    onWarning: (warning) => log.warn(warning),
    onError: (err, method) => log.error({ err, method: toMethodName(method) }, "unexpected error in a call"),
  });
  return { handler: composeHandler(backend, parts, { auth, logouts, pages: addition?.pages }), health, auth };
}

/** Receive the logouts of the other issuers that send some, into the store of all servers. */
function receiveLogouts(
  { config, log, observer, issuer, otherIssuers }: Backend,
  tokenFailureLimit: RateLimit,
): LogoutReceiver | undefined {
  if (!otherIssuers.some((other) => other.logout !== undefined || other.sharedSignals !== undefined)) {
    return undefined;
  }
  return explainIssuersFile(() =>
    createLogoutReceiver({
      issuers: otherIssuers,
      sink: issuer.logouts,
      clockToleranceSeconds: config.clockToleranceMs / 1000,
      tokenFailureLimit,
      observe: observer,
      onWarning: (warning) => log.warn(warning),
      onError: (err) => log.error({ err }, "logouts or security events cannot be received"),
      clock: issuer.clock,
    }),
  );
}

/** Tokens that are not valid count against the address that they come from, in all processes together. */
function limitBadTokens({ config, issuer: { clock }, workerBus }: Backend): RateLimit {
  const own = createRateLimit({
    limit: config.badTokensPer10s,
    windowMs: BAD_TOKENS_WINDOW_MS,
    clock,
    message: "too many tokens from this address were not valid: wait before the next",
  });
  return shareRateLimit(own, workerBus, "countersign_failures");
}

interface HandlerParts {
  readonly auth: Auth;
  /** Undefined: no issuer sends logouts. */
  readonly logouts: LogoutReceiver | undefined;
  readonly pages: PageHandler | undefined;
}

/** Everything that is answered: RPCs, the issuer's documents and endpoints, and in the demo the page. */
function composeHandler(
  { config, log, issuer }: Backend,
  { shutdown }: ServerParts,
  { auth, logouts, pages }: HandlerParts,
): HttpHandler {
  return buildRequestListener({
    ...auth,
    peerOf: (req) => readPeer(req, { isBehindProxy: config.behindTlsProxy }),
    maxWaitingBytes: config.maxWaitingBytes,
    maxWaitingBytesPerConnection:
      config.maxWaitingBytesPerConnection ??
      (config.behindTlsProxy ? PROXY_LIMITS.maxWaitingBytesPerConnection : undefined),
    shutdownSignal: shutdown,
    endpoints: {
      ...issuer.documents,
      ...issuer.endpoints,
      ...Object.fromEntries(Object.entries(logouts?.endpoints ?? {})),
    },
    allowedOrigins: config.corsOrigins,
    allowedHeaders: config.corsHeaders,
    unaryFastPath: config.unaryFastPath,
    streamFastPath: config.streamFastPath,
    pages,
    onWarning: (warning) => log.warn(warning),
    onError: (err) => log.error({ err }, "unexpected error beside the calls"),
  });
}
