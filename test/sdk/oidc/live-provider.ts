import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import Provider from "oidc-provider";

/** A certified OpenID provider on a free port, with its own pages for signing in. */
export interface LiveProvider extends AsyncDisposable {
  readonly issuer: string;
  /** How many requests its token endpoint has had. */
  readonly tokenRequests: () => number;
  /** Lose the answers of the token endpoint from now on: they are processed, and the connection ends. */
  readonly loseAnswers: (isLossy: boolean) => void;
  /** Hold requests to the token endpoint from now on: none is processed. @returns what resolves with the first one */
  readonly holdRequests: (isHeld: boolean) => Promise<void>;
}

/** The clients that {@link startLiveProvider} registers. */
export const CLIENTS = {
  app: "app",
  device: "device",
  service: { id: "service", secret: "a-secret-of-the-tests" },
  signing: "signing",
  /** A web client with a secret that takes more than letters, sent with HTTP Basic. */
  web: { id: "web:app", secret: "a/b+c$d-e_f.g%h:i j=k&l" },
  /** The same, sent in the form. */
  posting: { id: "posting", secret: "a/b+c$d-e_f.g%h:i j=k&l" },
  /** The same, which signs with its secret. */
  hashing: { id: "hashing", secret: "a/b+c$d-e_f.g%h:i j=k&l-long-enough-for-a-key" },
} as const;

/** What tokens can be for (RFC 8707). */
export const RESOURCE = "https://api.example";

export const REDIRECT_URI = "http://127.0.0.1/signed-in";
export const SIGNED_OUT_URI = "http://127.0.0.1/signed-out";

/** What a provider can be told. */
export interface LiveProviderOptions {
  /** Whether it takes pushed authorization requests only. Default: it takes both. */
  readonly requirePushedRequests?: boolean;
}

/** Start a provider. `jwk`: the public key of the client that signs assertions. */
export async function startLiveProvider(
  jwk: JsonWebKey,
  options: LiveProviderOptions = {},
): Promise<LiveProvider> {
  let requests = 0;
  let isLossy = false;
  let onHeld: (() => void) | undefined;
  let handle: ReturnType<Provider["callback"]> | undefined;
  const http = createServer((req, res) => {
    if (req.url === "/token") {
      requests += 1;
      if (onHeld !== undefined) {
        onHeld();
        return;
      }
      if (isLossy) {
        // Processed as usual; what would be the answer ends the connection instead.
        res.end = () => {
          res.destroy();
          return res;
        };
      }
    }
    handle?.(req, res);
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  handle = new Provider(issuer, configuration(jwk, options)).callback();
  return {
    issuer,
    tokenRequests: () => requests,
    loseAnswers(value) {
      isLossy = value;
    },
    holdRequests: (isHeld) =>
      new Promise((resolve) => {
        onHeld = isHeld ? resolve : undefined;
      }),
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

function configuration(jwk: JsonWebKey, { requirePushedRequests = false }: LiveProviderOptions) {
  const none = { token_endpoint_auth_method: "none", application_type: "native" };
  const machine = { grant_types: ["client_credentials"], redirect_uris: [], response_types: [] };
  return {
    clients: [
      {
        client_id: CLIENTS.app,
        redirect_uris: [REDIRECT_URI],
        post_logout_redirect_uris: [SIGNED_OUT_URI],
        grant_types: ["authorization_code", "refresh_token"],
        ...none,
      },
      ...secretClients(),
      {
        client_id: CLIENTS.device,
        grant_types: ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"],
        redirect_uris: [],
        response_types: [],
        ...none,
      },
      { client_id: CLIENTS.service.id, client_secret: CLIENTS.service.secret, ...machine },
      {
        client_id: CLIENTS.signing,
        token_endpoint_auth_method: "private_key_jwt",
        token_endpoint_auth_signing_alg: "ES256",
        jwks: { keys: [jwk] },
        ...machine,
      },
    ],
    clientAuthMethods: [
      "none",
      "client_secret_basic",
      "client_secret_post",
      "client_secret_jwt",
      "private_key_jwt",
    ],
    features: {
      pushedAuthorizationRequests: {
        enabled: true,
        requirePushedAuthorizationRequests: requirePushedRequests,
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => undefined,
        getResourceServerInfo: () => ({ scope: "notes:read", audience: RESOURCE, accessTokenFormat: "jwt" }),
      },
      rpInitiatedLogout: { enabled: true },
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true },
      revocation: { enabled: true },
      // Only proofs need them.
      dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
    },
    scopes: ["openid", "offline_access", "notes:read"],
    issueRefreshToken: () => Promise.resolve(true),
    ttl: { AccessToken: 600, ClientCredentials: 600, RefreshToken: 3_600 },
  };
}

/** Clients with a secret, by how they send it. */
function secretClients() {
  const methods = [
    [CLIENTS.web, "client_secret_basic"],
    [CLIENTS.posting, "client_secret_post"],
    [CLIENTS.hashing, "client_secret_jwt"],
  ] as const;
  return methods.map(([{ id, secret }, method]) => ({
    client_id: id,
    client_secret: secret,
    redirect_uris: [],
    response_types: [],
    grant_types: ["client_credentials"],
    token_endpoint_auth_method: method,
  }));
}
