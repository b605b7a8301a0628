/** Proves to an issuer which client it is that asks for a token. */
export interface ClientCredential {
  /** Make the value of header `authorization`, for the token endpoint. */
  toAuthorization(): string;
}

/**
 * Create the credential of a client with a secret, as `countersign client add` prints both.
 *
 *     createSignals({ issuer, credential: clientSecret("billing", process.env.BILLING_SECRET) })
 *
 * The secret does not show where the credential is logged.
 *
 * @throws TypeError when one of them is no text, or empty: a variable may not be set
 */
export function clientSecret(clientId: string, secret: string): ClientCredential {
  for (const [name, value] of Object.entries({ clientId, secret })) {
    if (typeof value !== "string" || value === "") {
      throw new TypeError(`clientSecret: ${name} must be a non-empty text`);
    }
  }
  // Both halves are encoded like a form's values (RFC 6749 §2.3.1), and are of ASCII then.
  const basic = `Basic ${btoa(`${encode(clientId)}:${encode(secret)}`)}`;
  return { toAuthorization: () => basic };
}

function encode(text: string): string {
  return new URLSearchParams({ text }).toString().slice("text=".length);
}
