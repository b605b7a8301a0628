import type { Principal } from "@countersign/server";
import { AuthError } from "@countersign/server";
import { toClientSubject } from "../credentials/client-names.ts";
import { isVerdictOnToken } from "../credentials/token-verdict.ts";
import type { Authentication } from "../store/session-record.ts";

/** Whom one of our own access tokens is about. */
export interface OwnIdentity extends Authentication {
  readonly subject: string;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  readonly sessionId: string;
  /** When the token expires, in milliseconds since 1970. */
  readonly expiresAtMs: number;
  /** The client that the subject is, if it is one. */
  readonly ownClientId: string | undefined;
  readonly principal: Principal;
}

/**
 * Read one of our own access tokens.
 *
 * @param authenticate verifies it
 * @throws AuthError `CREDENTIALS_INVALID` when it is not good, `AUTH_UNAVAILABLE` and `RATE_LIMITED` when that cannot be
 *   found out
 */
export async function readOwnIdentity(
  authenticate: () => Principal | Promise<Principal>,
): Promise<OwnIdentity> {
  const principal = await verify(authenticate);
  const { subject, clientId, scopes, roles, authTimeSeconds, expiresAtSeconds, sessionId, claims } =
    principal;
  if (sessionId === undefined) {
    throw new AuthError("CREDENTIALS_INVALID", "the token belongs to no session");
  }
  return {
    subject,
    scopes,
    roles,
    sessionId,
    principal,
    authTimeMs: authTimeSeconds === undefined ? undefined : authTimeSeconds * 1_000,
    acr: typeof claims.acr === "string" ? claims.acr : undefined,
    amr: Array.isArray(claims.amr) ? claims.amr.filter((method) => typeof method === "string") : undefined,
    expiresAtMs: expiresAtSeconds * 1_000,
    ownClientId: subject === toClientSubject(clientId) ? clientId : undefined,
  };
}

async function verify(authenticate: () => Principal | Promise<Principal>): Promise<Principal> {
  try {
    return await authenticate();
  } catch (cause) {
    if (isVerdictOnToken(cause)) {
      throw new AuthError("CREDENTIALS_INVALID", "the token is not valid, or no longer", { cause });
    }
    throw cause;
  }
}
