import { decodeJwt } from "jose";
import { type OAuthServer, startOAuthServer } from "../../support/oauth-server.ts";
import { addTestClient, type TestClient } from "../../support/sign-ins.ts";

/** How names of kinds of tokens begin. */
export const TYPE = "urn:ietf:params:oauth:token-type:";
export const ACCESS_TOKEN = `${TYPE}access_token`;

/** A server, and a client that exchanges tokens there. */
export interface ExchangeServer extends AsyncDisposable {
  readonly server: OAuthServer;
  readonly agent: TestClient;
  /** Exchange a token as the client, with other parameters beside. */
  readonly exchange: (
    token: string,
    more?: Readonly<Record<string, string>>,
    as?: TestClient,
  ) => ReturnType<OAuthServer["post"]>;
}

/** Start them. @param options the roles that the client has. Default: none */
export async function start(options: { readonly roles?: readonly string[] } = {}): Promise<ExchangeServer> {
  const server = await startOAuthServer();
  const grants = ["token-exchange", "client_credentials"];
  const agent = await addTestClient(server.issuer, "agent", { grants, ...options });
  return {
    server,
    agent,
    exchange: (token, more = {}, as = agent) =>
      server.post("/oauth2/token", {
        grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
        ...{ client_id: as.clientId, client_secret: as.secret },
        ...{ subject_token: token, subject_token_type: ACCESS_TOKEN },
        ...more,
      }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Read the claims of the token that an exchange answers. */
export const claimsOf = ({ body }: { readonly body: Readonly<Record<string, unknown>> }) =>
  decodeJwt(String(body.access_token));
