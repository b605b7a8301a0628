import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import Provider from "oidc-provider";

/** An OpenID provider that knows the clients of a project. */
export interface GreetingProvider extends AsyncDisposable {
  readonly issuer: string;
}

/** The API that its tokens are for. */
export const AUDIENCE = "https://greeter.example";

/** A page, on any port of this machine. */
export const PAGE_CLIENT = "page";

/** A program that acts for itself. */
export const SERVICE_CLIENT = { id: "service", secret: "a-secret-of-the-tests" } as const;

const CONFIGURATION = {
  clients: [
    {
      client_id: PAGE_CLIENT,
      // The port of a loopback address is not compared (RFC 8252 §7.3).
      redirect_uris: ["http://127.0.0.1/"],
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: "none",
      application_type: "native",
    },
    {
      client_id: SERVICE_CLIENT.id,
      client_secret: SERVICE_CLIENT.secret,
      grant_types: ["client_credentials"],
      redirect_uris: [],
      response_types: [],
    },
  ],
  features: {
    resourceIndicators: {
      enabled: true,
      defaultResource: () => AUDIENCE,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({ scope: "", audience: AUDIENCE, accessTokenFormat: "jwt" }),
    },
    clientCredentials: { enabled: true },
    revocation: { enabled: true },
  },
  scopes: ["openid", "offline_access"],
  issueRefreshToken: () => Promise.resolve(true),
  clientBasedCORS: () => true,
};

/** Start the provider on a free port. */
export async function startGreetingProvider(): Promise<GreetingProvider> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const issuer = `http://127.0.0.1:${port}`;
  server.on("request", new Provider(issuer, CONFIGURATION).callback());
  return {
    issuer,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
