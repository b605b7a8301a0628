import { createPrivateKey, X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import type { Certificate } from "./tls-options.ts";

/**
 * Check that a key is that of a certificate. A secure context alone is also made of nothing at all, and of a key of another
 * kind, such as RSA beside a certificate for EC: then every handshake fails.
 *
 * @throws Error that says what is wrong, and holds nothing of the key
 */
export function assertCertificate({ cert, key }: Certificate): void {
  createSecureContext({ cert, key });
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) {
    throw new TypeError("the private key is not that of the certificate");
  }
}
