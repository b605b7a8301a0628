import type { SecureContextOptions } from "node:tls";
import type { Interceptor, Transport } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import type { Session } from "../core/session.ts";

/** Own certificate authorities and client certificates. */
export type NodeTlsOptions = Pick<SecureContextOptions, "ca" | "cert" | "key" | "pfx" | "passphrase">;

/** What {@link createNodeTransport} needs. */
export interface NodeTransportOptions {
  /** The address of the server, absolute: `https://` for gRPC over TLS, `http://` for gRPC in plain HTTP/2. */
  readonly baseUrl: string;
  /** Whose token goes into the calls. */
  readonly session: Session;
  /** More interceptors. They see the call before the session's does. Default: none. */
  readonly interceptors?: readonly Interceptor[] | undefined;
  /** After how long without data an open connection is checked, in milliseconds. Default 20,000. */
  readonly pingIntervalMs?: number | undefined;
  /** How long the answer to a check may take, in milliseconds. Default 5,000. */
  readonly pingTimeoutMs?: number | undefined;
  /** Own certificate authorities and client certificates. */
  readonly tls?: NodeTlsOptions | undefined;
}

const DEFAULT_PING_INTERVAL_MS = 20_000;
const DEFAULT_PING_TIMEOUT_MS = 5_000;

/**
 * Create a gRPC transport over HTTP/2 that carries the session's token and notices a dead connection within
 * half a minute.
 */
export function createNodeTransport(options: NodeTransportOptions): Transport {
  const { baseUrl, session, interceptors = [], tls } = options;
  return createGrpcTransport({
    baseUrl,
    interceptors: [...interceptors, session.interceptor],
    pingIntervalMs: options.pingIntervalMs ?? DEFAULT_PING_INTERVAL_MS,
    pingTimeoutMs: options.pingTimeoutMs ?? DEFAULT_PING_TIMEOUT_MS,
    nodeOptions: tls ?? {},
  });
}
