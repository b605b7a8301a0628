import { assertOptionNames, isLoopback, pause, systemClock } from "@countersign/server/internal";
import { createAdmission } from "./admit.ts";
import { createHostCheck } from "./allowed-hosts.ts";
import { assertCertificate } from "./assert-certificate.ts";
import { type Connections, createConnections } from "./connections.ts";
import type { HttpHandler } from "./handler.ts";
import { type AnyServer, createPlainServer, createTlsServer, type Serving } from "./http-servers.ts";
import { type HttpLimits, resolveHttpLimits } from "./limits.ts";
import { type Certificate, resolveTlsOptions, type TlsOptions } from "./tls-options.ts";

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
   * Have new connections get another certificate; those that are open go on. What else `tls` of the options says stays.
   *
   * @throws TypeError when it listens without TLS
   * @throws Node's error when they are no certificate and its key: then the former one stays
   */
  setCertificate(certificate: Certificate): void;
  /**
   * Close gracefully: accept no more connections, send GOAWAY over HTTP/2 and `Connection: close` over HTTP/1.1, end the
   * open streams one after another, wait for the calls in flight, and destroy what is left after `graceMs` milliseconds.
   * Streams have ended after half of that. Resolves when every connection is closed. Later calls wait for the same.
   */
  close(graceMs: number, options?: CloseOptions): Promise<void>;
}

/** How to close a listener. */
export interface CloseOptions {
  /**
   * For how many milliseconds calls are taken as before: as long as a balancer in front needs to see that the server is
   * not ready. Connections over HTTP/1.1 end with their next answer meanwhile, and in the second half also those over HTTP/2,
   * with the answer to a call that they carry alone. Default 0.
   */
  readonly delayMs?: number | undefined;
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
 * @throws TypeError when the handler is none, an option has no known name, a limit is not a positive whole number, an allowed host is none, when options of TLS contradict each other, or on Bun without TLS
 * @throws the system's error when the address can't be bound
 */
export async function listen(handler: HttpHandler, options: ListenOptions = {}): Promise<Listener> {
  assertOptionNames("listen", options, OPTION_NAMES);
  if (typeof (handler as Partial<HttpHandler> | undefined)?.handle !== "function") {
    throw new TypeError("listen needs a handler, as in listen(buildRequestListener({ ...auth }))");
  }
  assertHttp2(options);
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
    setCertificate: (certificate) => setCertificate(server, options.tls, certificate),
    close(graceMs, { delayMs = 0 } = {}) {
      closed ??= close({ server, connections, endStreams: handler.drain }, graceMs, delayMs);
      return closed;
    },
  };
}

/** Bun takes no connection over from its HTTP/1.1 server: each client of HTTP/2 would wait for an answer that never comes. */
function assertHttp2({ tls }: ListenOptions): void {
  if (tls === undefined && "Bun" in globalThis) {
    throw new TypeError(
      "listen needs the option tls on Bun, which has no HTTP/2 beside HTTP/1.1 without TLS: give it a certificate, or " +
        "serve createFetchHandler(auth) with Bun.serve",
    );
  }
}

/** @param tls what the server was opened with */
function setCertificate(server: AnyServer, tls: TlsOptions | undefined, { cert, key }: Certificate): void {
  if (tls === undefined || !("setSecureContext" in server)) {
    throw new TypeError("setCertificate needs a listener with the option tls");
  }
  // First alone: a context that cannot be made must leave no half of it behind.
  assertCertificate({ cert, key });
  server.setSecureContext({ ...resolveTlsOptions(tls), cert, key });
}

/** How long what has just connected has for its first call behind the delay, in milliseconds. */
const FIRST_CALL_MS = 250;

interface Closing {
  readonly server: AnyServer;
  readonly connections: Connections;
  readonly endStreams: HttpHandler["drain"];
}

async function close(
  { server, connections, endStreams }: Closing,
  graceMs: number,
  delayMs: number,
): Promise<void> {
  if (delayMs > 0) {
    connections.leave();
    await pause(systemClock, delayMs / 2);
    // A proxy that asks whether the server is ready sends no more calls by now.
    connections.leaveHttp2();
    await pause(systemClock, delayMs / 2);
  }
  const closed = stopAccepting(server);
  if (delayMs > 0) {
    await pause(systemClock, FIRST_CALL_MS);
  }
  const drained = connections.drain(closed, graceMs);
  // Behind GOAWAY: a client that opens its stream again takes another connection.
  void endStreams?.(graceMs / 2);
  await drained;
}

/** @returns a promise that resolves when the server has no connection left */
function stopAccepting(server: AnyServer): Promise<void> {
  const closed = new Promise<void>((resolve) => server.once("close", resolve));
  server.close();
  return closed;
}

function bind(server: AnyServer, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(describeBindError(error, host, port));
    server.once("error", fail);
    server.listen(port, host, () => {
      server.off("error", fail);
      resolve();
    });
  });
}

/** Say what to do where another program, often an earlier start of this one, has the port. */
function describeBindError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code !== "EADDRINUSE") {
    return error;
  }
  const message = `port ${port} of ${host} is in use (EADDRINUSE): end the program that listens there, or choose another port, 0 for any free one`;
  return Object.assign(new Error(message, { cause: error }), { code: error.code });
}

function addressOf(server: AnyServer): Listener["address"] {
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new TypeError("the server has no port");
  }
  return { host: address.address, port: address.port };
}
