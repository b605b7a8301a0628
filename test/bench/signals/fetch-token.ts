/** Have an issuing server give a client its token. */
export async function fetchToken(
  url: string,
  { clientId, secret }: { readonly clientId: string; readonly secret: string },
): Promise<string> {
  const form = { grant_type: "client_credentials", client_id: clientId, client_secret: secret };
  const response = await fetch(`${url}/oauth2/token`, { method: "POST", body: new URLSearchParams(form) });
  return String(Reflect.get(Object(await response.json()), "access_token"));
}
