import type { TokenBinding } from "@countersign/server";
import { FIRST_PARTY_CLIENT_ID } from "./session-options.ts";

/**
 * Find the key that a session is bound to when its tokens are asked for with a proof of it
 * ([RFC 9449 §5](https://www.rfc-editor.org/rfc/rfc9449#section-5)).
 *
 * @returns its thumbprint; undefined for a client that authenticates, whose refresh tokens are bound to that: its keys may
 *   change
 */
export function sessionKeyOf(clientId: string, binding: TokenBinding | undefined): string | undefined {
  return binding?.kind === "dpop" && clientId === FIRST_PARTY_CLIENT_ID ? binding.jwkThumbprint : undefined;
}
