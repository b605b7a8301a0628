import type { ClientCertificate } from "../kernel/client-certificate.ts";
import { type ParsedCertificate, toClientCertificate } from "./client-certificate.ts";

/** A connection of Node, as far as it is looked at. */
export interface CertifiedSocket {
  readonly remoteAddress?: string | undefined;
  /** Over TLS: whether the certificate of the client was verified. */
  readonly authorized?: boolean | undefined;
  /** Over TLS: the certificate of the client. */
  readonly getPeerX509Certificate?: (() => ParsedCertificate | undefined) | undefined;
}

/** A request of Node, as far as it says which certificate its client has. */
export interface CertifiedRequest {
  /** Header names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  readonly socket: CertifiedSocket;
  /** The stream of HTTP/2 that it came over. */
  readonly stream?: { readonly session?: object | undefined } | undefined;
}

/**
 * Finds the certificate of the client that has sent a request; undefined: it has shown none.
 *
 * @throws AuthError `TOKEN_INVALID` when a proxy has sent what is no certificate
 */
export type CertificateReader = (request: CertifiedRequest) => ClientCertificate | undefined;

/** By the connection, which has one for all its requests. Null: it has none. */
const known = new WeakMap<object, ClientCertificate | null>();

/** Find the certificate that the client of a connection has shown in TLS. It is read once for each connection. */
export const readConnectionCertificate: CertificateReader = (request) => {
  const connection = request.stream === undefined ? request.socket : request.stream.session;
  if (connection === undefined) {
    return undefined; // the connection is over
  }
  const found = known.get(connection);
  if (found !== undefined) {
    return found ?? undefined;
  }
  const certificate = readSocket(request);
  known.set(connection, certificate ?? null);
  return certificate;
};

function readSocket(request: CertifiedRequest): ClientCertificate | undefined {
  try {
    const { socket } = request;
    const parsed = socket.getPeerX509Certificate?.();
    return parsed === undefined ? undefined : toClientCertificate(parsed, socket.authorized === true);
  } catch {
    // Of a request over HTTP/2 Node throws once its connection is over: nothing is known of its client then.
    return undefined;
  }
}
