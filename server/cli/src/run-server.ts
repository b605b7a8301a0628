import { Code, ConnectError } from "@connectrpc/connect";
import type { HttpHandler, Listener } from "@countersign/node";
import { deferHandler, monitorReadiness, type Readiness, respondJson } from "@countersign/node/internal";
import { bindAdmin, bindServer } from "./bind.ts";
import type { Terminal } from "./command.ts";
import { type ComposedServer, composeServer, type ServerMode } from "./compose-server.ts";
import type { Config } from "./config.ts";
import { assertSafeExposure, resolveIssuerUrl } from "./exposure.ts";
import { describeKeys } from "./federated-issuers.ts";
import { type Backend, openBackend } from "./open-backend.ts";
import { requireServerConfig } from "./server-config.ts";
import type { SettingName } from "./settings.ts";
import type { WorkerLink } from "./workers/worker-link.ts";

/** How long calls in flight may take to end when a server stops, in milliseconds. */
export const GRACE_MS = 10_000;

/** A server that takes calls. */
export interface RunningServer {
  readonly backend: Backend;
  /** Where it listens, such as `http://127.0.0.1:8080`. */
  readonly origin: string;
  /** Where the operator's port is; undefined for a worker, which has none of its own. */
  readonly adminOrigin: string | undefined;
}

/** How to run a server. */
export interface RunOptions {
  /** What it serves. */
  readonly mode: ServerMode;
  /** The settings that were set, and not left to a default. */
  readonly given: ReadonlySet<SettingName>;
  /** Make the secret file when it is missing, whatever the store is. Default: with SQLite only. */
  readonly createsSecret?: boolean;
  /** Called when it takes calls. */
  readonly onReady: (server: RunningServer) => Promise<void> | void;
  /** What it has of the process that started it as one of several. Absent: it is the only one. */
  readonly link?: WorkerLink;
}

/**
 * Run a server until the terminal asks it to stop, then end its calls and close what it opened.
 *
 * @param settings its settings
 * @throws UsageError when the settings are not safe or one is missing, CommandError when something outside is wrong
 */
export async function runServer(
  settings: Config,
  terminal: Terminal,
  { mode, given, createsSecret, onReady, link }: RunOptions,
): Promise<void> {
  assertSafeExposure(settings);
  const config = requireServerConfig(settings);
  const shutdown = new AbortController();
  // The address is known only once it is bound, and stands in the tokens: calls that come earlier get status 503.
  let handler: HttpHandler = { handle: (_, res) => respondJson(res, 503, { error: "starting" }) };
  const bindNow = (): Promise<Listener> =>
    bindServer(
      deferHandler(() => handler),
      config,
    );
  // Bound first: a server that is started twice by mistake must not touch the store. A worker is bound last: until it
  // takes calls, they go to the others.
  const early = link === undefined ? await bindNow() : undefined;
  await using bound = new AsyncDisposableStack();
  bound.defer(() => early?.close(0));
  const issuerUrl = resolveIssuerUrl(config, early?.origin ?? link?.origin ?? "");
  const { bus } = link ?? {};
  await using backend = await openBackend(config, terminal, { createsSecret, bus, issuerUrl, given });
  await using opened = new AsyncDisposableStack();
  await using cleanup = new AsyncDisposableStack();
  const server = await composeServer(backend, { mode, shutdown: shutdown.signal, opened });
  handler = server.handler;
  const listener = early ?? (await bindNow());
  cleanup.defer(() => listener.close(GRACE_MS));
  const admin = link === undefined ? await bindOwnAdmin(backend, server) : undefined;
  cleanup.defer(() => admin?.close(0));
  link?.serveMetrics(() => backend.metrics.registry.getMetricsAsJSON());
  const setReady = (isReady: boolean): void => {
    server.health.set(isReady ? "SERVING" : "NOT_SERVING");
    link?.setReady(isReady);
  };
  server.health.set("SERVING");
  await onReady({ backend, origin: listener.origin, adminOrigin: admin?.origin });
  link?.setReady(true);
  const readiness = watchBackend(backend, setReady);
  const signal = await terminal.stopped;
  backend.log.info({ signal }, "stopping: calls in flight may end");
  readiness.close();
  setReady(false);
  shutdown.abort(new ConnectError("the server is shutting down", Code.Unavailable));
}

/**
 * A server without its keys or its store takes no calls: a load balancer should know. A server that cannot write signs
 * no user in, and forgets what it revokes when it ends.
 */
function watchBackend({ issuer, log }: Backend, setReady: (isReady: boolean) => void): Readiness {
  return monitorReadiness({
    check: () => issuer.assertUsable(),
    onChange(isReady, err) {
      if (isReady) {
        log.info("the store can be used again: ready");
      } else {
        log.error({ err }, "the store or the keys cannot be used: not ready");
      }
      setReady(isReady);
    },
  });
}

function bindOwnAdmin(
  { config, metrics, log, otherIssuers, busState }: Backend,
  server: ComposedServer,
): Promise<Listener> {
  const options = {
    metrics: metrics.registry,
    isReady: () => server.health.status("") === "SERVING",
    describe: () => ({
      ...busState.describe(),
      ...(otherIssuers.length === 0 ? {} : { issuers: describeKeys(otherIssuers) }),
    }),
    onError: (err: unknown) => log.error({ err }, "unexpected error on the admin port"),
  };
  return bindAdmin(options, config);
}
