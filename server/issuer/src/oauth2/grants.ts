import { isClientId } from "../credentials/client-names.ts";
import { assertGranted } from "../services/session-sign-in.ts";
import { toSessionUse } from "../services/session-use.ts";
import { FIRST_PARTY_CLIENT_ID } from "../sessions/session-options.ts";
import type { ClientRecord } from "../store/clients.ts";
import { type Caller, needClient } from "./caller.ts";
import { exchangeTokens } from "./exchange-grant.ts";
import type { Grant, GrantDeps, Granted, TokenRequest } from "./grant.ts";
import { namingWrongCredentials, OAuthError } from "./oauth-error.ts";
import { readRefreshId, readResources, readScopes } from "./parameters.ts";

/** Every grant type there is. The password grant is not among them (RFC 9700 §2.4). */
export const GRANTS: ReadonlyMap<string, Grant> = new Map<string, Grant>([
  ["client_credentials", grantClientCredentials],
  ["refresh_token", grantRefresh],
  ["urn:ietf:params:oauth:grant-type:jwt-bearer", grantAssertion],
  ["urn:ietf:params:oauth:grant-type:token-exchange", exchangeTokens],
]);

/** [RFC 6749 §4.4](https://www.rfc-editor.org/rfc/rfc6749#section-4.4) */
async function grantClientCredentials(
  { signIn }: GrantDeps,
  { form, binding }: TokenRequest,
  caller: Caller,
): Promise<Granted> {
  const client = needClient(caller);
  const wish = { scopes: readScopes(form), resources: readResources(form), binding };
  return { tokens: await signIn.beginClient(client, "client_credentials", wish) };
}

/** [RFC 6749 §6](https://www.rfc-editor.org/rfc/rfc6749#section-6) */
async function grantRefresh(
  { sessions }: GrantDeps,
  request: TokenRequest,
  caller: Caller,
): Promise<Granted> {
  const clientId = caller.kind === "first-party" ? FIRST_PARTY_CLIENT_ID : needRefresher(caller).clientId;
  const { form, binding } = request;
  const refreshToken = form.need("refresh_token");
  const [refreshId, scopes, resources] = [readRefreshId(form), readScopes(form), readResources(form)];
  const use = toSessionUse(request);
  return {
    tokens: await sessions.refresh({ refreshToken, refreshId, clientId, scopes, resources, binding, use }),
  };
}

function needRefresher(caller: Caller): ClientRecord {
  const client = needClient(caller);
  assertGranted(client, "refresh_token");
  return client;
}

/**
 * [RFC 7523 §2.1](https://www.rfc-editor.org/rfc/rfc7523#section-2.1): signed by a client of ours, it stands for that
 * client; by an issuer that is trusted, for whom that one names.
 */
async function grantAssertion(
  { signIn, issuerOf, isOtherIssuer }: GrantDeps,
  request: TokenRequest,
  caller: Caller,
): Promise<Granted> {
  const { form, peer, binding, certificateThumbprint } = request;
  const assertion = form.need("assertion");
  const [scopes, resources] = [readScopes(form), readResources(form)];
  const client = caller.kind === "client" ? caller.client : undefined;
  if (client !== undefined) {
    assertGranted(client, "jwt-bearer");
  }
  const issuer = issuerOf(assertion) ?? "";
  if (isClientId(issuer) && !isOtherIssuer(issuer)) {
    const work = () => signIn.authenticateClient({ kind: "assertion", assertion }, peer);
    const signer = await namingWrongCredentials("invalid_grant", work);
    if (client !== undefined && client.clientId !== signer.clientId) {
      throw new OAuthError("invalid_grant", "the assertion is another client's");
    }
    return { tokens: await signIn.beginClient(signer, "jwt-bearer", { scopes, resources, binding }) };
  }
  const canRefresh = caller.kind !== "anonymous";
  const tokens = await signIn.beginFederated({
    token: assertion,
    scopes,
    resources,
    binding,
    certificateThumbprint,
    peer,
    client,
    canRefresh,
    use: toSessionUse(request),
  });
  return { tokens };
}
