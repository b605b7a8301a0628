import type { HttpHandler, HttpLimits } from "@countersign/node";
import {
  type AdminOptions,
  createAdminHandler,
  type Listener,
  type ListenOptions,
  listen,
  type TlsOptions,
} from "@countersign/node";
import { respondJson } from "@countersign/node/internal";
import { isLoopback } from "@countersign/server/internal";
import type { Config } from "./config.ts";
import { PROXY_LIMITS } from "./limit-settings.ts";
import { reasonOf } from "./reason-of.ts";
import { assertTlsFiles, readTlsFiles, type TlsFiles } from "./tls/tls-files.ts";
import { CommandError } from "./usage-error.ts";

/** The settings that say where a server listens, and how. */
export type BindSettings = Pick<Config, HostSetting | LimitSetting | "host" | "port" | "tlsCert" | "tlsKey">;

/** How a port is listened on. */
interface PortOptions {
  /** Undefined: without TLS. */
  readonly tls: (TlsOptions & TlsFiles) | undefined;
  /** What sets the port, for errors. Default: `--port`. */
  readonly flag?: string;
}

/**
 * Listen where the settings say.
 *
 * @throws CommandError when the address or the TLS files cannot be used
 */
export async function bindServer(
  handler: HttpHandler,
  config: BindSettings,
  { tls, flag = "--port" }: PortOptions,
): Promise<Listener> {
  const { host, port } = config;
  if (tls !== undefined) {
    assertTlsFiles(tls, config);
  }
  try {
    return await listen(handler, { host, port, tls, limits: limitsOf(config), ...hostsOf(config) });
  } catch (cause) {
    throw toBindError(cause, `${host}:${port}`, flag);
  }
}

/** Where a server will listen. */
export interface ReservedAddress {
  /** Such as `http://127.0.0.1:8080`. */
  readonly origin: string;
  readonly port: number;
  /** Let the server have it. Later calls do nothing. */
  release(): Promise<void>;
}

/**
 * Find where a server will listen, and that no other does: a server that is started twice by mistake must not touch the
 * store. A fixed port is left at once, for a balancer sends connections to a port that is open; one that any server could
 * be given is kept until it is released.
 *
 * @throws CommandError when the address or the TLS files cannot be used
 */
export async function reserveAddress(config: BindSettings): Promise<ReservedAddress> {
  const listener = await bindServer(STARTING, config, { tls: await readTlsFiles(config) });
  const release = (): Promise<void> => listener.close(0);
  if (config.port !== 0) {
    await release();
  }
  return { origin: listener.origin, port: listener.address.port, release };
}

const STARTING: HttpHandler = { handle: (_, res) => respondJson(res, 503, { error: "starting" }) };

/** Open the operator's port, on loopback. @throws CommandError when it cannot be bound */
export async function bindAdmin(
  options: AdminOptions,
  { adminPort, allowedHosts }: Pick<Config, "adminPort" | "allowedHosts">,
): Promise<Listener> {
  try {
    return await listen(createAdminHandler(options), { port: adminPort, allowedHosts });
  } catch (cause) {
    throw toBindError(cause, `127.0.0.1:${adminPort}`, "--admin-port");
  }
}

/** The settings of what a connection may take. */
type LimitSetting = "behindTlsProxy" | "maxCallsPerConnection" | "maxPipelinedRequests" | "maxStreamResets";

function limitsOf(config: Pick<Config, LimitSetting>): Partial<HttpLimits> {
  const { behindTlsProxy, maxCallsPerConnection, maxPipelinedRequests, maxStreamResets } = config;
  const resets = maxStreamResets ?? (behindTlsProxy ? PROXY_LIMITS.maxStreamResets : undefined);
  const { streamResetsPerSecond } = PROXY_LIMITS;
  return {
    maxConcurrentStreams: maxCallsPerConnection,
    maxPipelinedRequests,
    ...(resets === undefined ? {} : { maxStreamResets: resets }),
    ...(behindTlsProxy ? { streamResetsPerSecond } : {}),
  };
}

/** The settings that name hosts. */
type HostSetting = "allowedHosts" | "corsOrigins" | "issuer" | "resource";

/** The hosts that are listed; on loopback, those that other settings name too. */
function hostsOf(config: Pick<Config, HostSetting | "host">): Pick<ListenOptions, "allowedHosts"> {
  const { allowedHosts, issuer = "", resource = "", corsOrigins, host } = config;
  if (!isLoopback(host) && allowedHosts.length === 0) {
    return {};
  }
  const named = [issuer, resource, ...corsOrigins].map((url) => URL.parse(url)?.hostname ?? "");
  return { allowedHosts: [...allowedHosts, ...named.filter((hostname) => hostname !== "")] };
}

const HOW_TO_MEND: Readonly<Record<string, string>> = {
  EACCES: "is not open to this user: ports below 1024 belong to root",
  EADDRNOTAVAIL: "is no address of this machine",
  ENOTFOUND: "is no address that can be found",
};

function toBindError(cause: unknown, address: string, flag: string): CommandError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const why =
    code === "EADDRINUSE"
      ? `is in use: choose another with ${flag}, 0 for any free one`
      : (HOW_TO_MEND[code] ?? `cannot be bound: ${reasonOf(cause)}`);
  return new CommandError(`${address} ${why}`, { cause });
}
