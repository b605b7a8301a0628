/**
 * The certificate that proves who a client is ([RFC 8705 §2](https://www.rfc-editor.org/rfc/rfc8705#section-2)): one by
 * what an authority has written into it (`tls_client_auth`), or certain ones (`self_signed_tls_client_auth`).
 */
export type ClientCertificateRule =
  /** The subject, as RFC 4514 writes it: `CN=billing,O=Acme`. */
  | { readonly kind: "subject"; readonly name: string }
  /** One of the names in the extension subjectAltName: a URI, a host, or an address of e-mail. */
  | { readonly kind: "dns" | "email" | "uri"; readonly name: string }
  /** The SHA-256 of certificates in base64url. The server takes them whether an authority has signed them or not. */
  | { readonly kind: "certificates"; readonly thumbprints: readonly string[] };

/** Write which certificate proves who a client is into a column. */
export function toCertificateColumn(rule: ClientCertificateRule | undefined): string | null {
  return rule === undefined ? null : JSON.stringify(rule);
}

/** Read what {@link toCertificateColumn} wrote. */
export function parseCertificateColumn(json: string | null): ClientCertificateRule | undefined {
  // Only this file writes it.
  return json === null ? undefined : (JSON.parse(json) as ClientCertificateRule);
}
