import { assertOptionNames, isLoopback } from "@countersign/server/internal";
import { createAdmission } from "./admit.ts";
import { createHostCheck } from "./allowed-hosts.ts";
import { createConnections } from "./connections.ts";
import type { HttpHandler } from "./handler.ts";
import { type AnyServer, createPlainServer, createTlsServer, type Serving } from "./http-servers.ts";
import { type HttpLimits, resolveHttpLimits } from "./limits.ts";
import type { TlsOptions } from "./tls-options.ts";

/** Where to listen, and how. */
export interface ListenOptions {
  /** The address to bind. Default `127.0.0.1`. */
  readonly host?: string | undefined;
  /** The port to bind; 0 for any free one. Default 0. */
  readonly port?: number | undefined;
  /** The server's certificate, and whose clients it takes. Absent: without TLS, where HTTP/2 needs prior knowledge. */
  readonly tls?: TlsOptions | undefined;
  /**
   * The hosts that requests may be for, beside those of loopback: names or addresses without a port, such as
   * `auth.example.com`. Requests for others are answered with 421. Default: none on an address of loopback, which a
   * page of anyone's can reach by a name of its own; any on other addresses.
   */
  readonly allowedHosts?: readonly string[];
  /** What one caller may take. */
  readonly limits?: Partial<HttpLimits> | undefined;
}

/** A server that listens. */
export interface Listener {
  /** Where it listens. */
  readonly address: { readonly host: string; readonly port: number };
  /** Its address as the origin of URLs, such as `http://127.0.0.1:8080`. */
  readonly origin: string;
  /**
   * Close gracefully: accept no more connections, send GOAWAY over HTTP/2 and `Connection: close` over HTTP/1.1,
   * wait for the calls in flight, and destroy what is left after `graceMs` milliseconds. Streams without an end
   * are in flight too: end them first. Resolves when every connection is closed.
   */
  close(graceMs: number): Promise<void>;
}

const OPTION_NAMES = {
  host: true,
  port: true,
  tls: true,
  allowedHosts: true,
  limits: true,
} satisfies Record<keyof ListenOptions, true>;

/**
 * Listen for HTTP/1.1 and HTTP/2 on one port: by ALPN under TLS, otherwise by the first bytes of the connection.
 *
 * @throws TypeError when the handler is none, an option has no known name, a limit is not a positive whole number, an allowed host is none, or when options of TLS contradict each other
 * @throws the system's error when the address can't be bound
 */
export async function listen(handler: HttpHandler, options: ListenOptions = {}): Promise<Listener> {
  assertOptionNames("listen", options, OPTION_NAMES);
  if (typeof (handler as Partial<HttpHandler> | undefined)?.handle !== "function") {
    throw new TypeError("listen needs a handler, as in listen(buildRequestListener({ ...auth }))");
  }
  const limits = resolveHttpLimits(options.limits);
  const connections = createConnections(limits);
  const checkHost = createHostCheck(options.allowedHosts ?? []);
  let answersAnyHost = false;
  const tracked = { ...handler, handle: connections.track(handler.handle) };
  const admission = createAdmission(
    tracked,
    (headers) => (answersAnyHost ? undefined : checkHost(headers)),
    limits,
  );
  const serving: Serving = { ...admission, connections, limits };
  const server =
    options.tls === undefined ? createPlainServer(serving) : createTlsServer(serving, options.tls);
  await bind(server, options.host ?? "127.0.0.1", options.port ?? 0);
  const address = addressOf(server);
  answersAnyHost = options.allowedHosts === undefined && !isLoopback(address.host);
  const scheme = options.tls === undefined ? "http" : "https";
  let closed: Promise<void> | undefined;
  return {
    address,
    origin: `${scheme}://${address.host.includes(":") ? `[${address.host}]` : address.host}:${address.port}`,
    close: (graceMs) => {
      closed ??= connections.drain(server, graceMs);
      return closed;
    },
  };
}

function bind(server: AnyServer, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function addressOf(server: AnyServer): Listener["address"] {
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new TypeError("the server has no port");
  }
  return { host: address.address, port: address.port };
}
