import type { PeerCertificate } from "node:tls";
import type { CallRequest } from "./handler.ts";

/**
 * Find the certificate that a client has shown, if one of the authorities in `tls.ca` has signed it.
 *
 * `undefined` without TLS, without a certificate, and with one that could not be verified.
 */
export function peerCertificateOf({ socket }: CallRequest): PeerCertificate | undefined {
  if (socket.authorized !== true) return undefined;
  const certificate = socket.getPeerCertificate?.(false);
  // Node says "none" with an object that has no properties.
  return certificate === undefined || Object.keys(certificate).length === 0 ? undefined : certificate;
}
