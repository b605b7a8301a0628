import type { Interceptor, Transport } from "@connectrpc/connect";
import { assertOptions, type OptionForm } from "../core/option-forms.ts";
import type { Session } from "../core/session.ts";
import {
  assertTlsOptions,
  createHttpTransports,
  type NodeProtocol,
  type NodeTlsOptions,
} from "./http-transport.ts";
import { MESSAGE_FORMS, type MessageOptions, resolveMessageOptions } from "./message-options.ts";
import { offerOwnCalls } from "./own-calls.ts";

/** What {@link createNodeTransport} needs. */
export interface NodeTransportOptions extends MessageOptions {
  /** The address of the server, absolute: `https://` for TLS, `http://` for HTTP/2 in the clear. */
  readonly baseUrl: string;
  /** Whose token goes into the calls. */
  readonly session: Session;
  /** The protocol of the calls. Default `grpc`. */
  readonly protocol?: NodeProtocol | undefined;
  /** The version of HTTP. gRPC needs the default, `2`; in the clear, the server must expect it. */
  readonly httpVersion?: "1.1" | "2" | undefined;
  /** More interceptors. They see the call before the session's does. Default: none. */
  readonly interceptors?: readonly Interceptor[] | undefined;
  /** After how long without data an open connection is checked, in milliseconds. Default 20,000. */
  readonly pingIntervalMs?: number | undefined;
  /** How long the answer to a check may take, in milliseconds. Default 5,000. */
  readonly pingTimeoutMs?: number | undefined;
  /** Own certificate authorities and client certificates. */
  readonly tls?: NodeTlsOptions | undefined;
  /**
   * Whether gRPC, and Connect over HTTP/2, are read and written by this package itself, which takes less time. Default true.
   * With `false`, a call that its server certainly did nothing with is not sent once more; nothing else changes.
   */
  readonly fastPath?: boolean | undefined;
  /** Whether calls of Connect without side effects are GET requests, which caches can answer. Default false. */
  readonly useHttpGet?: boolean | undefined;
}

const FORMS = {
  baseUrl: "string",
  session: "object",
  protocol: "string",
  httpVersion: "string",
  interceptors: "list",
  pingIntervalMs: "number",
  pingTimeoutMs: "number",
  tls: "object",
  fastPath: "boolean",
  useHttpGet: "boolean",
  ...MESSAGE_FORMS,
} as const satisfies Record<keyof NodeTransportOptions, OptionForm>;

/**
 * Create a transport that carries the session's token, and notices a dead connection within half a minute.
 *
 * Over HTTP/2, the session's own calls take the same connections, unless it has a transport of its own for them.
 *
 * Nothing that a server or a network does ends the process. A call that the network kept from its answer fails with
 * `Unavailable`, in every protocol: a lost connection, a server that stops or is killed, an answer that breaks off.
 *
 * @throws TypeError when `baseUrl` is not an absolute URL, gRPC is to go over HTTP/1.1, or an option is missing or not
 *   understood
 */
export function createNodeTransport(options: NodeTransportOptions): Transport {
  assertOptions("createNodeTransport", options, FORMS);
  assertTlsOptions("createNodeTransport", options.tls);
  const { session, baseUrl, interceptors = [], protocol = "grpc", httpVersion = "2" } = options;
  const { pingIntervalMs, pingTimeoutMs, tls, fastPath = true, useHttpGet } = options;
  assertTransportOptions(options);
  if (protocol === "grpc" && httpVersion !== "2") {
    throw new TypeError(
      'gRPC needs HTTP/2: with httpVersion "1.1", protocol must be "grpc-web" or "connect"',
    );
  }
  const createTransport = createHttpTransports({
    baseUrl,
    protocol,
    httpVersion,
    pingIntervalMs,
    pingTimeoutMs,
    tls,
    fastPath,
    messages: resolveMessageOptions(options),
    useHttpGet,
  });
  if (httpVersion === "2") {
    offerOwnCalls(session, { baseUrl, createTransport: () => createTransport([]) });
  }
  return createTransport([...interceptors, session.interceptor]);
}

const PROTOCOLS: readonly unknown[] = ["grpc", "grpc-web", "connect"] satisfies NodeProtocol[];
const HTTP_VERSIONS: readonly unknown[] = ["1.1", "2"];

function assertTransportOptions({ baseUrl, session, protocol, httpVersion }: NodeTransportOptions): void {
  if (session?.interceptor === undefined) {
    throw new TypeError("createNodeTransport needs the option session, which createSession makes");
  }
  if (!/^https?:/i.test(baseUrl) || !URL.canParse(baseUrl)) {
    throw new TypeError(`baseUrl: "${baseUrl}" is no http or https URL`);
  }
  if (protocol !== undefined && !PROTOCOLS.includes(protocol)) {
    throw new TypeError(`protocol: "${protocol}" is none of ${PROTOCOLS.join(", ")}`);
  }
  if (httpVersion !== undefined && !HTTP_VERSIONS.includes(httpVersion)) {
    throw new TypeError(`httpVersion: "${httpVersion}" is none of ${HTTP_VERSIONS.join(", ")}`);
  }
}
