import { Code, ConnectError } from "@connectrpc/connect";
import type { AdminOptions, Listener } from "@countersign/node";
import { monitorReadiness, type Readiness } from "@countersign/node/internal";
import type { HealthState } from "@countersign/server";
import { KEEPS_PROCESS_ALIVE, systemClock } from "@countersign/server/internal";
import { traceHandler } from "@countersign/server/opentelemetry";
import { bindAdmin, reserveAddress } from "./bind.ts";
import type { Terminal } from "./command.ts";
import { composeServer, type ServerMode } from "./compose-server.ts";
import type { Config } from "./config.ts";
import { assertSafeExposure, resolveIssuerUrl } from "./exposure.ts";
import { describeKeys } from "./federated-issuers.ts";
import { type Backend, openBackend } from "./open-backend.ts";
import { createServerMetrics } from "./operate/server-metrics.ts";
import { requireServerConfig, type ServerConfig } from "./server-config.ts";
import type { SettingName } from "./settings.ts";
import { drainDelayOf, GRACE_MS, LAST_CALLS_MS } from "./stop-times.ts";
import { bindListeners, type Listeners } from "./tls/mtls-port.ts";
import { serveCertificate } from "./tls/serve-certificate.ts";
import { readTlsFiles } from "./tls/tls-files.ts";
import type { WorkerLink } from "./workers/worker-link.ts";

/** A server that takes calls. */
export interface RunningServer {
  readonly backend: Backend;
  /** Where it listens, such as `http://127.0.0.1:8080`. */
  readonly origin: string;
  /** Where it asks clients for a certificate; undefined: nowhere. */
  readonly mtlsOrigin: string | undefined;
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
  const reserved = link === undefined ? await reserveAddress(config) : undefined;
  await using bound = new AsyncDisposableStack();
  bound.defer(() => reserved?.release());
  const issuerUrl = resolveIssuerUrl(config, reserved?.origin ?? link?.origin ?? "");
  const operated: Operated = {};
  const admin = link === undefined ? await bindOwnAdmin(operated, config) : undefined;
  bound.defer(() => admin?.close(0));
  const { bus } = link ?? {};
  await using backend = await openBackend(config, terminal, { createsSecret, bus, issuerUrl, given });
  await using opened = new AsyncDisposableStack();
  await using cleanup = new AsyncDisposableStack();
  const server = await composeServer(backend, { mode, shutdown: shutdown.signal, opened });
  // Bound last: until it takes calls, a balancer sends them to others.
  await reserved?.release();
  const tls = await readTlsFiles(config);
  const place = { ...config, port: reserved?.port ?? config.port };
  const listener = await bindListeners(traceHandler(server.handler), place, tls);
  cleanup.defer(() => listener.close(GRACE_MS));
  cleanup.defer(serveCertificate(listener, backend, { terminal, installed: tls }));
  Object.assign(operated, { backend, health: server.health } satisfies Operated);
  link?.serveMetrics(() => backend.metrics.registry.getMetricsAsJSON());
  const setReady = (isReady: boolean): void => {
    server.health.set(isReady ? "SERVING" : "NOT_SERVING");
    link?.setReady(isReady);
  };
  server.health.set("SERVING");
  await onReady({ ...listener, backend, adminOrigin: admin?.origin });
  link?.setReady(true);
  const readiness = watchBackend(backend, setReady);
  const signal = await terminal.stopped;
  backend.log.info({ signal }, "stopping: calls in flight may end");
  readiness.close();
  setReady(false);
  await stop(listener, shutdown, drainDelayOf(config));
}

/** Let calls in flight end. Those that are left near the end of their time are told that it is over. */
async function stop(listener: Listeners, shutdown: AbortController, delayMs: number): Promise<void> {
  const stopLastCalls = (): void =>
    shutdown.abort(new ConnectError("the server is shutting down", Code.Unavailable));
  const lastCallsMs = delayMs + GRACE_MS - LAST_CALLS_MS;
  const cancelTimer = systemClock.schedule(stopLastCalls, lastCallsMs, KEEPS_PROCESS_ALIVE);
  await listener.close(GRACE_MS, { delayMs });
  cancelTimer();
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

/** What the operator's port answers for: nothing before the server takes calls. */
interface Operated {
  backend?: Backend;
  health?: HealthState;
}

function bindOwnAdmin(operated: Operated, config: ServerConfig): Promise<Listener> {
  const isReady = (): boolean => operated.health?.status("") === "SERVING";
  const options: AdminOptions = {
    metrics: createServerMetrics(
      isReady,
      async () => (await operated.backend?.metrics.registry.metrics()) ?? "",
    ),
    isReady,
    describe() {
      const issuers = operated.backend?.otherIssuers ?? [];
      return {
        ...operated.backend?.busState.describe(),
        ...(issuers.length === 0 ? {} : { issuers: describeKeys(issuers) }),
      };
    },
    onError: (err: unknown) => operated.backend?.log.error({ err }, "unexpected error on the admin port"),
  };
  return bindAdmin(options, config);
}
