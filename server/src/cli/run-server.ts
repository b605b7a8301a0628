import { Code, ConnectError } from "@connectrpc/connect";
import { createAdminHandler } from "../http/admin.ts";
import { deferHandler, type HttpHandler } from "../http/handler.ts";
import { type Listener, listen } from "../http/listener.ts";
import { respondJson } from "../http/respond.ts";
import type { Terminal } from "./command.ts";
import { type ComposedServer, composeServer, type ServerMode } from "./compose-server.ts";
import type { Config } from "./config.ts";
import { assertSafeExposure, readTlsFiles, resolveIssuerUrl } from "./exposure.ts";
import { type Backend, openBackend } from "./open-backend.ts";
import { CommandError } from "./usage-error.ts";

/** How long calls in flight may take to end when the server stops, in milliseconds. */
const GRACE_MS = 10_000;

/** A server that takes calls. */
export interface RunningServer {
  readonly backend: Backend;
  /** Where it listens, such as `http://127.0.0.1:8080`. */
  readonly origin: string;
  /** Where the operator's port is. */
  readonly adminOrigin: string;
}

/**
 * Run a server until the terminal asks it to stop, then end its calls and close what it opened.
 *
 * @param config its settings
 * @param mode how it differs from the plain one
 * @param onReady called when it takes calls
 * @throws UsageError when the settings are not safe, CommandError when something outside is wrong
 */
export async function runServer(
  config: Config,
  terminal: Terminal,
  { mode, onReady }: { mode: ServerMode; onReady: (server: RunningServer) => Promise<void> | void },
): Promise<void> {
  assertSafeExposure(config);
  const shutdown = new AbortController();
  // The address is known only once it is bound, and stands in the tokens: calls that come earlier are told to wait.
  let handler: HttpHandler = (_, res) => respondJson(res, 503, { error: "starting" });
  // Bound first: a server that is started twice by mistake must not touch the store.
  const listener = await bind(() => handler, config);
  await using bound = new AsyncDisposableStack();
  bound.defer(() => listener.close(0));
  await using backend = await openBackend(config, terminal, mode);
  await using opened = new AsyncDisposableStack();
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => listener.close(GRACE_MS));
  const issuerUrl = resolveIssuerUrl(config, listener.origin);
  const server = await composeServer(backend, { issuerUrl, mode, shutdown: shutdown.signal, opened });
  handler = server.handler;
  const admin = await bindAdmin(backend, server);
  cleanup.defer(() => admin.close(0));
  server.health.set("SERVING");
  await onReady({ backend, origin: listener.origin, adminOrigin: admin.origin });
  const signal = await terminal.stopped;
  backend.log.info({ signal }, "stopping: calls in flight may end");
  server.health.set("NOT_SERVING");
  shutdown.abort(new ConnectError("the server is shutting down", Code.Unavailable));
}

async function bind(handler: () => HttpHandler, config: Config): Promise<Listener> {
  const tls = await readTlsFiles(config);
  const { host, port } = config;
  try {
    return await listen(deferHandler(handler), {
      host,
      port,
      ...(tls === undefined ? {} : { tls }),
    });
  } catch (cause) {
    throw toBindError(cause, `${host}:${port}`, "--port");
  }
}

async function bindAdmin({ config, metrics, log }: Backend, server: ComposedServer): Promise<Listener> {
  const handler = createAdminHandler({
    metrics: metrics.registry,
    isReady: () => server.health.status("") === "SERVING",
    onError: (err) => log.error({ err }, "unexpected error on the admin port"),
  });
  try {
    return await listen(handler, { port: config.adminPort });
  } catch (cause) {
    throw toBindError(cause, `127.0.0.1:${config.adminPort}`, "--admin-port");
  }
}

function toBindError(cause: unknown, address: string, flag: string): CommandError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  const why =
    code === "EADDRINUSE" ? `is in use: choose another with ${flag}, 0 for any free one` : "cannot be bound";
  return new CommandError(`${address} ${why}`, { cause });
}
