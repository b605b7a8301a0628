import type * as oauth from "oauth4webapi";
import { readClaims } from "../core/token-claims.ts";

const PLACE = "{tenantid}";
const TENANT = /^[\w.-]{1,64}$/;

/**
 * Put the tenant of an answer's ID token into the issuer of a provider that has one for each, as Microsoft Entra's common
 * metadata describe it. The token comes from the token endpoint itself; who may call an API is for its server to decide.
 */
export async function withTenant(
  as: oauth.AuthorizationServer,
  response: Response,
): Promise<oauth.AuthorizationServer> {
  if (!as.issuer.includes(PLACE)) {
    return as;
  }
  const tenant = await readTenant(response.clone());
  return tenant === undefined ? as : { ...as, issuer: as.issuer.replace(PLACE, tenant) };
}

async function readTenant(response: Response): Promise<string | undefined> {
  try {
    // Whatever it is, it is looked at before it is used: hence the cast.
    const { id_token: idToken } = (await response.json()) as { readonly id_token?: unknown };
    const tenant = typeof idToken === "string" ? readClaims(idToken)?.tid : undefined;
    return typeof tenant === "string" && TENANT.test(tenant) ? tenant : undefined;
  } catch {
    // What is no JSON is refused by what reads the answer next.
    return undefined;
  }
}
