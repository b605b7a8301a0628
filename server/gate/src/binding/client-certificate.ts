import type { ClientCertificate } from "../kernel/client-certificate.ts";
import { NO_ALTERNATIVE_NAMES, parseAlternativeNames, toSubject } from "./certificate-names.ts";

/** A certificate as Node has parsed it, as far as it is read. */
export interface ParsedCertificate {
  /** SHA-256, as pairs of hexadecimal digits with colons between. */
  readonly fingerprint256: string;
  readonly subject: string | undefined;
  readonly subjectAltName: string | undefined;
}

/**
 * Read what a server goes by of a certificate. Its names are read only when an authority vouches for them: in one that its
 * owner has signed stands whatever the owner likes.
 *
 * @param isVerified whether an authority that the server trusts has signed it
 */
export function toClientCertificate(parsed: ParsedCertificate, isVerified: boolean): ClientCertificate {
  return Object.freeze({
    thumbprint: toThumbprint(parsed.fingerprint256),
    isVerified,
    subject: isVerified ? toSubject(parsed.subject) : undefined,
    san: isVerified ? parseAlternativeNames(parsed.subjectAltName) : NO_ALTERNATIVE_NAMES,
  });
}

function toThumbprint(fingerprint: string): string {
  const digits = fingerprint.split(":").map((pair) => Number.parseInt(pair, 16));
  return btoa(String.fromCharCode(...digits))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
