import { createRefusal } from "../errors/refusal.ts";
import type { ClientCertificate } from "../kernel/client-certificate.ts";
import { toClientCertificate } from "./client-certificate.ts";
import type { CertifiedRequest } from "./connection-certificate.ts";

/** Looked at here, so that runtimes without it can load this file too. */
const { process } = globalThis;

/** The longest value that is read, in characters: a certificate of 9 kB. */
const MAX_CHARS = 12_288;

/** One byte sequence, without parameters (RFC 8941 §3.3.5). */
const BYTE_SEQUENCE = /^:([A-Za-z0-9+/]+={0,2}):$/;

/** What the header of a proxy is read by. */
export interface CertificateHeader {
  /** Its name, in lower case. */
  readonly header: string;
  /** Whether the proxy lets no certificate through that it has not verified. */
  readonly isVerified: boolean;
}

/**
 * Read the certificate that a proxy says its client has, from one header
 * ([RFC 9440 §2.2](https://www.rfc-editor.org/rfc/rfc9440#section-2.2)).
 *
 * @returns undefined when there is no such header: the client has shown no certificate
 * @throws AuthError `TOKEN_INVALID` when the header stands twice, is too long, or is no certificate
 */
export function readCertificateHeader(
  { rawHeaders }: CertifiedRequest,
  { header, isVerified }: CertificateHeader,
): ClientCertificate | undefined {
  const values = rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === header);
  const [value, ...others] = values;
  if (value === undefined) {
    return undefined;
  }
  const encoded =
    others.length > 0 || value.length > MAX_CHARS ? undefined : BYTE_SEQUENCE.exec(value.trim())?.[1];
  const certificate = encoded === undefined ? undefined : parse(encoded, isVerified);
  if (certificate === undefined) {
    throw createRefusal("TOKEN_INVALID", "the proxy has sent what is not one client certificate", {
      facts: {
        check: "sender",
        expected: `one header ${header}: a certificate in DER, in base64, between colons (RFC 9440)`,
        got: others.length > 0 ? "more than one" : `${value.length} characters`,
      },
    });
  }
  return certificate;
}

function parse(encoded: string, isVerified: boolean): ClientCertificate | undefined {
  const crypto = process?.getBuiltinModule?.("node:crypto");
  try {
    const der = Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0));
    // What stands behind a certificate would be passed over: two texts for one certificate.
    const parsed = crypto === undefined ? undefined : new crypto.X509Certificate(der);
    return parsed?.raw.length === der.length ? toClientCertificate(parsed, isVerified) : undefined;
  } catch {
    return undefined; // it is no base64, or no certificate
  }
}
