import { createSession, type Session } from "@countersign/sdk/node";
import { clientCredentials } from "@countersign/sdk/oidc";
import { setting } from "./setting.ts";

/** Have the issuer give tokens to the client that `.env` names. It needs no sign-in. */
export async function openSession(): Promise<Session> {
  const source = clientCredentials({
    issuer: setting("ISSUER"),
    clientId: setting("CLIENT_ID"),
    proof: { kind: "secret", secret: setting("CLIENT_SECRET") },
  });
  return createSession({ baseUrl: setting("ADDRESS"), source });
}
