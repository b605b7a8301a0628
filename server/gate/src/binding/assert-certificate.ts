import { createRefusal } from "../errors/refusal.ts";
import type { CertificateHolder } from "../kernel/client-certificate.ts";

/**
 * Assert that a token that is bound to a certificate comes from the client that has it
 * ([RFC 8705 §3](https://www.rfc-editor.org/rfc/rfc8705#section-3)).
 *
 * @param thumbprint that of the certificate, as the token says it
 * @throws AuthError `TOKEN_INVALID` when the client has shown another certificate, or none
 */
export function assertCertificate(thumbprint: string, { certificate }: CertificateHolder): void {
  if (certificate?.thumbprint !== thumbprint) {
    throw createRefusal(
      "TOKEN_INVALID",
      "the token is bound to a certificate that its sender has not shown",
      {
        facts: { check: "sender", expected: `certificate ${thumbprint}`, got: certificate?.thumbprint },
      },
    );
  }
}
