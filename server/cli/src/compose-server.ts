import type { ConnectRouter } from "@connectrpc/connect";
import { createRoutes, type ServedServices } from "@countersign/issuer/internal";
import type { HttpHandler } from "@countersign/node";
import { buildRequestListener } from "@countersign/node";
import type { PageHandler } from "@countersign/node/internal";
import {
  type Auth,
  createAuth,
  createRateLimit,
  createStreamRegistry,
  createStreamService,
  type RateLimit,
  setPeer,
} from "@countersign/server";
import {
  createHealthService,
  createHealthState,
  type HealthState,
  toMethodName,
} from "@countersign/server/internal";
import type { BuiltInServices } from "./built-in-services.ts";
import { type ComposedIssuer, composeIssuer } from "./compose-issuer.ts";
import { connectStreams } from "./connect-streams.ts";
import { resolveOtherIssuers } from "./federated-issuers.ts";
import type { Backend } from "./open-backend.ts";
import { readTrustedIssuers } from "./trusted-issuers.ts";
import { shareRateLimit } from "./workers/share-rate-limit.ts";

/** What a server serves. */
export interface ServerMode extends BuiltInServices {
  /** Open what is served beside the services of the command. Absent: nothing is. */
  readonly openAddition?: (backend: Backend, issuerUrl: string) => Promise<Addition>;
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
  /** The name that stands in its tokens. */
  readonly issuerUrl: string;
  /** What it serves. */
  readonly mode: ServerMode;
  /** Aborts when calls must come to an end. */
  readonly shutdown: AbortSignal;
  /** Closes what this opens. */
  readonly opened: AsyncDisposableStack;
}

/** How long tokens that are not valid count against an address, in milliseconds. */
const BAD_TOKENS_WINDOW_MS = 10_000;

/**
 * Put a server together.
 *
 * @param backend what it runs on
 * @throws PolicyError when a method has no access rule
 */
export async function composeServer(backend: Backend, parts: ServerParts): Promise<ComposedServer> {
  const { clock, config, log, audit, revocations, metrics } = backend;
  const { issuerUrl, mode, opened } = parts;
  const named = { audience: config.audience, issuer: issuerUrl, clock };
  const others = resolveOtherIssuers(await readTrustedIssuers(config.trustedIssuers), named);
  const issuer = composeIssuer(backend, { issuerUrl, federated: others.federated, opened });
  const streams = createStreamRegistry(metrics.streams);
  const health = createHealthState(mode.services);
  const addition = opened.use(await mode.openAddition?.(backend, issuerUrl));
  const served: ServedServices = {
    session: issuer.service,
    stream: createStreamService({ streams, clock, others: connectStreams(backend, streams, opened) }),
    health: createHealthService(health),
    reflection: mode.services,
  };
  const { routes } = createRoutes(served);
  const auth = createAuth({
    routes: (router) => {
      routes(router);
      addition?.routes(router);
    },
    issuers: [issuer.options, ...others.issuers],
    audience: config.audience,
    policies: mode.policies,
    clockToleranceSeconds: config.clockTolerance / 1000,
    tokenFailureLimit: limitBadTokens(backend),
    ...{ revocations, clock, streams, audit },
    onError: (err, method) => log.error({ err, method: toMethodName(method) }, "unexpected error in a call"),
  });
  metrics.watchStreams(() => streams.size);
  return { handler: composeHandler(backend, parts, { auth, issuer, pages: addition?.pages }), health, auth };
}

/** Tokens that are not valid count against the address that they come from, in all processes together. */
function limitBadTokens({ config, clock, workerBus }: Backend): RateLimit {
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
  readonly issuer: ComposedIssuer;
  readonly pages: PageHandler | undefined;
}

/** Everything that is answered: RPCs, the issuer's documents and endpoints, and in the demo the page. */
function composeHandler(
  { config, log }: Backend,
  { shutdown }: ServerParts,
  { auth, issuer, pages }: HandlerParts,
): HttpHandler {
  return buildRequestListener({
    ...auth,
    contextValues: (req, res) => setPeer(auth.contextValues(req, res), issuer.peerOf(req)),
    shutdownSignal: shutdown,
    documents: issuer.documents,
    endpoints: issuer.endpoints,
    allowedOrigins: config.corsOrigins,
    unaryFastPath: config.unaryFastPath,
    ...(pages === undefined ? {} : { pages }),
    onWarning: (warning) => log.warn(warning),
    onError: (err) => log.error({ err }, "unexpected error beside the calls"),
  });
}
