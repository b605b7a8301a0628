/** The certificate with which a client has proven in TLS that it holds its key. Frozen. */
export interface ClientCertificate {
  /**
   * The SHA-256 of the certificate in base64url: what claim `cnf` of a token that is bound to it has as `x5t#S256`
   * ([RFC 8705 §3.1](https://www.rfc-editor.org/rfc/rfc8705#section-3.1)).
   */
  readonly thumbprint: string;
  /** Whether an authority that the server trusts has signed it. If not, the client may have written whatever it says. */
  readonly isVerified: boolean;
  /**
   * Whose it is, as [RFC 4514](https://www.rfc-editor.org/rfc/rfc4514) writes it: `CN=billing,O=Acme`. Undefined when that is
   * not verified, or empty.
   */
  readonly subject: string | undefined;
  /** The other names of its owner. All lists are empty when that is not verified. */
  readonly san: AlternativeNames;
}

/** The names in the extension subjectAltName of a certificate (RFC 5280 §4.2.1.6). Names of other kinds are left out. */
export interface AlternativeNames {
  /** URIs, such as the SPIFFE ID of a workload: `spiffe://acme.example/billing`. */
  readonly uri: readonly string[];
  readonly dns: readonly string[];
  readonly email: readonly string[];
  /** IP addresses, as Node writes them: `10.0.0.1`, `2001:DB8:0:0:0:0:0:1`. */
  readonly ip: readonly string[];
}

/** What the certificate of a call is asked of. */
export interface CertificateHolder {
  /**
   * The certificate of the client; undefined: it has shown none.
   *
   * @throws AuthError `TOKEN_INVALID` when a proxy has sent what is no certificate
   */
  readonly certificate: ClientCertificate | undefined;
}
