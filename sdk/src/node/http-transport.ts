import type { SecureContextOptions } from "node:tls";
import { Code, ConnectError, type Interceptor, type Transport } from "@connectrpc/connect";
import { createTransport as createConnectTransport } from "@connectrpc/connect/protocol-connect";
import { createTransport as createGrpcTransport } from "@connectrpc/connect/protocol-grpc";
import { createTransport as createGrpcWebTransport } from "@connectrpc/connect/protocol-grpc-web";
import { createNodeHttpClient } from "@connectrpc/connect-node";
import { assertOptions, type OptionForm } from "../core/option-forms.ts";
import { type ConnectProtocolOptions, createConnectProtocol } from "./connect/connect-protocol.ts";
import { createGrpcProtocol } from "./grpc/grpc-protocol.ts";
import { createHttp2Transport } from "./http2/create-http2-transport.ts";
import {
  createHttp2Connections,
  type Http2Connections,
  type StreamSource,
  toStreamSource,
} from "./http2/http2-connections.ts";
import type { WireProtocol } from "./http2/wire-protocol.ts";
import { type MessageLimits, resolveMessageOptions } from "./message-options.ts";
import { type Carrier, createNetworkClient } from "./network-client.ts";
import { watchEnd } from "./watch-end.ts";

/** The protocol that calls are made in. */
export type NodeProtocol = "grpc" | "grpc-web" | "connect";

/** Own certificate authorities and client certificates. */
export type NodeTlsOptions = Pick<SecureContextOptions, "ca" | "cert" | "key" | "pfx" | "passphrase">;

const TLS_FORMS = {
  ca: "any",
  cert: "any",
  key: "any",
  pfx: "any",
  passphrase: "string",
} as const satisfies Record<keyof NodeTlsOptions, OptionForm>;

/** Check the names of an option `tls`. @param what takes it, for errors @throws TypeError when one is not known */
export function assertTlsOptions(what: string, tls: NodeTlsOptions = {}): void {
  assertOptions(`the option tls of ${what}`, tls, TLS_FORMS);
}

/** What {@link createHttpTransports} needs. */
export interface HttpTransportOptions {
  /** The address of the server, absolute. */
  readonly baseUrl: string;
  readonly protocol: NodeProtocol;
  readonly httpVersion: "1.1" | "2";
  /** After how long without data an open connection of HTTP/2 is checked, in milliseconds. Default 20,000. */
  readonly pingIntervalMs?: number | undefined;
  /** How long the answer to a check may take, in milliseconds. Default 5,000. */
  readonly pingTimeoutMs?: number | undefined;
  readonly tls?: NodeTlsOptions | undefined;
  /**
   * Whether gRPC, and Connect over HTTP/2, go over this package's own reading and writing of frames. Default false: all is
   * Connect's.
   */
  readonly fastPath?: boolean | undefined;
  /** Default: those of Connect's transports. */
  readonly messages?: MessageLimits | undefined;
  /** Whether calls of Connect without side effects are GET requests. Default false. */
  readonly useHttpGet?: boolean | undefined;
}

const PROTOCOLS = {
  grpc: createGrpcTransport,
  "grpc-web": createGrpcWebTransport,
  connect: createConnectTransport,
} as const satisfies Record<NodeProtocol, unknown>;

const DEFAULT_PING_INTERVAL_MS = 20_000;
const DEFAULT_PING_TIMEOUT_MS = 5_000;
/** As long as gRPC gives a connection to be opened. */
const CONNECT_TIMEOUT_MS = 20_000;
/** Shorter than what proxies and servers commonly give an idle connection would cost more connections. */
const IDLE_TIMEOUT_MS = 15 * 60_000;

/** As large as a message can be. */
const WRITE_MAX_BYTES = 0xffff_ffff;

/**
 * Create what makes transports over Node's http or http2. They share their connections, and nothing that a server or a
 * network does on them ends the process.
 *
 * @returns a function that makes one with some interceptors
 * @throws TypeError when `baseUrl` is not an absolute URL
 */
export function createHttpTransports(
  options: HttpTransportOptions,
): (interceptors: readonly Interceptor[]) => Transport {
  const { baseUrl, protocol, useHttpGet = false, messages = resolveMessageOptions({}) } = options;
  const wireProtocol = findWireProtocol(options, { useHttpGet, messages });
  if (wireProtocol !== undefined) {
    const connections = createConnections(options);
    return (interceptors) =>
      createHttp2Transport({ baseUrl, connections, interceptors, messages, protocol: wireProtocol });
  }
  const httpClient = createNetworkClient(createCarriers(options));
  return (interceptors) =>
    PROTOCOLS[protocol]({
      baseUrl,
      httpClient,
      interceptors: [...interceptors],
      useBinaryFormat: true,
      ...messages,
      acceptCompression: [...messages.acceptCompression],
      writeMaxBytes: WRITE_MAX_BYTES,
      useHttpGet,
    });
}

/** Find what this package reads and writes by itself; undefined: Connect does. */
function findWireProtocol(
  { fastPath = false, protocol, httpVersion }: HttpTransportOptions,
  options: ConnectProtocolOptions,
): WireProtocol | undefined {
  if (!fastPath || httpVersion !== "2" || protocol === "grpc-web") {
    return undefined;
  }
  return protocol === "grpc" ? createGrpcProtocol(options.messages) : createConnectProtocol(options);
}

function createCarriers(options: HttpTransportOptions): () => Carrier {
  const { httpVersion, tls = {} } = options;
  if (httpVersion === "1.1") {
    const send = createNodeHttpClient({ httpVersion, nodeOptions: tls });
    // An answer that breaks off is an error of Node's there.
    return () => ({ send, isCutOff: () => false });
  }
  const source = toStreamSource(createConnections(options));
  return () => createHttp2Carrier(source);
}

function createConnections(options: HttpTransportOptions): Http2Connections {
  return createHttp2Connections({
    authority: new URL(options.baseUrl).origin,
    pingIntervalMs: options.pingIntervalMs ?? DEFAULT_PING_INTERVAL_MS,
    pingTimeoutMs: options.pingTimeoutMs ?? DEFAULT_PING_TIMEOUT_MS,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    idleTimeoutMs: IDLE_TIMEOUT_MS,
    session: options.tls ?? {},
  });
}

/** Make what carries one request: it keeps its stream, to know how that ended. */
function createHttp2Carrier(connections: StreamSource): Carrier {
  let isCutOff = (): boolean => false;
  let onClose: (error: Error | null) => void;
  const source: StreamSource = {
    ...connections,
    async request(...parts) {
      const stream = await connections.request(...parts);
      const endsEarly = watchEnd(stream);
      let hasTrailer = false;
      isCutOff = () => !hasTrailer && endsEarly();
      stream.once("trailers", () => {
        hasTrailer = true;
      });
      stream.once("close", () => onClose(stream.errored));
      return stream;
    },
  };
  const send = createNodeHttpClient({ httpVersion: "2", sessionProvider: () => source });
  return {
    send: (request) =>
      new Promise((resolve, reject) => {
        // Connect's client waits for ever when a server resets a stream with NO_ERROR before its answer.
        onClose = (error) => reject(error ?? closedTooSoon());
        send(request).then(resolve, reject);
      }),
    isCutOff: () => isCutOff(),
  };
}

function closedTooSoon(): ConnectError {
  return new ConnectError("the stream was closed before its answer", Code.Unavailable);
}
