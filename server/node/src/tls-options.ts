import { X509Certificate } from "node:crypto";
import type { PeerCertificate } from "node:tls";
import { assertOptionNames } from "@countersign/server/internal";
import type { CallRequest } from "./handler.ts";

/** Text in PEM, or several of them. */
export type Pem = string | Buffer;

/** The certificate of a server. */
export interface Certificate {
  /** The certificate chain of the server, in PEM. */
  readonly cert: Pem;
  /** Its private key, in PEM. */
  readonly key: Pem;
}

/** How a listener speaks TLS. */
export interface TlsOptions extends Certificate {
  /** The authorities that sign the certificates of clients, in PEM. Given: clients are asked for one. Default: none. */
  readonly ca?: Pem | readonly Pem[];
  /** Whether clients are asked for a certificate. Default: whether there is a `ca`. */
  readonly requestCert?: boolean;
  /**
   * Whether a client that shows no certificate, or one that `ca` has not signed, is refused in the handshake.
   * Default: true. With false, such a client is served: look at `peerCertificateOf(req)` before you trust it.
   */
  readonly rejectUnauthorized?: boolean | undefined;
}

const OPTION_NAMES = {
  cert: true,
  key: true,
  ca: true,
  requestCert: true,
  rejectUnauthorized: true,
} satisfies Record<keyof TlsOptions, true>;

/** The same as Node's `tls` takes it. */
export interface ResolvedTlsOptions {
  readonly cert: Pem;
  readonly key: Pem;
  readonly ca?: Pem | Pem[];
  readonly requestCert: boolean;
  readonly rejectUnauthorized: boolean;
}

/**
 * Fill in the defaults.
 *
 * @throws TypeError when an option has no known name, or clients would be let in whom the options seem to refuse
 */
export function resolveTlsOptions(options: TlsOptions): ResolvedTlsOptions {
  assertOptionNames("tls", options, OPTION_NAMES);
  const { cert, key, ca } = options;
  if (ca === undefined && Object.hasOwn(options, "ca")) {
    throw new TypeError(
      "tls.ca is undefined: leave it out to ask no client for a certificate, or give it a value",
    );
  }
  const requestCert = options.requestCert ?? ca !== undefined;
  const rejectUnauthorized = options.rejectUnauthorized ?? true;
  if (!requestCert && (ca !== undefined || options.rejectUnauthorized === true)) {
    throw new TypeError("tls: without requestCert no client is asked for a certificate");
  }
  if (requestCert && rejectUnauthorized && ca === undefined) {
    // Node would let in every client with a certificate of one of the web's authorities.
    throw new TypeError("tls.requestCert needs tls.ca, which says whose certificates are accepted");
  }
  const authorities = ca === undefined || isList(ca) ? ca : [ca];
  if (authorities !== undefined && (authorities.length === 0 || !authorities.every(isCertificate))) {
    // Node takes what is empty for nothing, and then the web's authorities.
    throw new TypeError("tls.ca must be one certificate or more, in PEM");
  }
  return {
    cert,
    key,
    requestCert,
    rejectUnauthorized,
    ...(ca === undefined ? {} : { ca: isList(ca) ? [...ca] : ca }),
  };
}

export function isCertificate(pem: Pem): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    return false;
  }
}

function isList(ca: Pem | readonly Pem[]): ca is readonly Pem[] {
  return Array.isArray(ca);
}

/**
 * Find the certificate that a client has shown, if one of the authorities in `tls.ca` has signed it.
 *
 * `undefined` without TLS, without a certificate, and with one that could not be verified.
 */
export function peerCertificateOf({ socket }: CallRequest): PeerCertificate | undefined {
  if (socket.authorized !== true) {
    return undefined;
  }
  const certificate = socket.getPeerCertificate?.(false);
  // Node says "none" with an object that has no properties.
  return certificate === undefined || Object.keys(certificate).length === 0 ? undefined : certificate;
}
