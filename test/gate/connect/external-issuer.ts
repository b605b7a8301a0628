import { createHash, generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import Provider from "oidc-provider";
import { openProviderBrowser, type ProviderBrowser } from "./provider-pages.ts";

/** A certified OpenID provider that issues access tokens for the audience `ledger` (RFC 9068). */
export interface ExternalIssuer extends AsyncDisposable {
  readonly issuer: string;
  /** How many requests of any kind have reached it. */
  readonly requests: () => number;
  /** Sign with a new key from now on; the old one is published beside it, or not any more. */
  rotateKey(options: { readonly keepOld: boolean }): void;
  /** Break off every connection, or take them again. */
  setDown(isDown: boolean): void;
  /** Get a token for a program. */
  tokenOfClient(): Promise<string>;
  /** Get a token for a user: authorization code with PKCE, through the provider's own pages. */
  tokenOfUser(): Promise<string>;
  /** The same, for a user who can sign out. */
  signInUser(login: string): Promise<SignedInUser>;
  /**
   * Send logouts there from now on (OpenID Connect Back-Channel Logout), for client `app`.
   *
   * @param hasSessions whether access tokens have the session, as those of some providers do
   */
  sendLogoutsTo(uri: string, hasSessions: boolean): void;
}

/** A user who is signed in at the provider. */
export interface SignedInUser {
  readonly token: string;
  /** Sign out there, which sends the logouts. */
  signOut(): Promise<void>;
}

const REDIRECT_URI = "http://127.0.0.1/signed-in";
const PROGRAM = { id: "program", secret: "a-secret-of-the-tests" };
const RESOURCE = "urn:ledger";

/** Start a provider on a free port. */
export async function startExternalIssuer(): Promise<ExternalIssuer> {
  let handle: (req: IncomingMessage, res: ServerResponse) => void = (req) => void req.socket.destroy();
  let isDown = false;
  let requests = 0;
  let keys = [createKey()];
  let logouts: Logouts = { uri: undefined, hasSessions: false };
  const http = createServer((req, res) => {
    requests += 1;
    if (isDown) {
      req.socket.destroy();
    } else {
      handle(req, res);
    }
  });
  await new Promise<void>((resolve) => void http.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(http.address() as AddressInfo).port}`; // it listens on TCP
  const publish = () => {
    handle = new Provider(issuer, configuration(keys, logouts)).callback();
  };
  publish();
  return {
    issuer,
    requests: () => requests,
    rotateKey({ keepOld }) {
      keys = [createKey(), ...(keepOld ? keys : [])];
      publish();
    },
    setDown(value) {
      isDown = value;
      if (value) {
        http.closeAllConnections();
      }
    },
    tokenOfClient: () => requestToken(issuer, { grant_type: "client_credentials", scope: "read" }, PROGRAM),
    tokenOfUser: () => signIn(issuer, "read", openProviderBrowser("ada")),
    async signInUser(login) {
      const browser = openProviderBrowser(login);
      return { token: await signIn(issuer, "notes:read", browser), signOut: () => browser.signOut(issuer) };
    },
    sendLogoutsTo(uri, hasSessions) {
      logouts = { uri, hasSessions };
      publish();
    },
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

function createKey() {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return {
    ...privateKey.export({ format: "jwk" }),
    kid: randomBytes(8).toString("hex"),
    alg: "ES256",
    use: "sig",
  };
}

interface Logouts {
  /** Undefined: it sends none. */
  readonly uri: string | undefined;
  readonly hasSessions: boolean;
}

/** What the provider says of a request for a token: the code has the session. */
interface TokenContext {
  readonly oidc: { readonly entities: { readonly AuthorizationCode?: { readonly sid?: string } } };
}

function configuration(keys: readonly object[], { uri, hasSessions }: Logouts) {
  const sessionOf = ({ oidc }: TokenContext) => ({ sid: oidc.entities.AuthorizationCode?.sid });
  return {
    ...(hasSessions ? { extraTokenClaims: sessionOf } : {}),
    // Its own dispatcher lets no request go to this machine, which is where the servers of tests are.
    fetch: (url: string, init: RequestInit) => fetch(url, Object.assign(init, { dispatcher: undefined })),
    jwks: { keys },
    clients: [
      {
        client_id: "app",
        redirect_uris: [REDIRECT_URI],
        token_endpoint_auth_method: "none",
        application_type: "native",
        ...(uri === undefined
          ? {}
          : { backchannel_logout_uri: uri, backchannel_logout_session_required: true }),
      },
      {
        client_id: PROGRAM.id,
        client_secret: PROGRAM.secret,
        grant_types: ["client_credentials"],
        redirect_uris: [],
        response_types: [],
      },
    ],
    features: {
      backchannelLogout: { enabled: uri !== undefined },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: "read notes:read",
          audience: "ledger",
          accessTokenTTL: 600,
          accessTokenFormat: "jwt",
          jwt: { sign: { alg: "ES256" } },
        }),
      },
    },
    scopes: ["openid", "read", "notes:read"],
    pkce: { required: () => true },
    clientDefaults: { id_token_signed_response_alg: "ES256" },
  };
}

async function requestToken(
  issuer: string,
  parameters: Readonly<Record<string, string>>,
  client?: { readonly id: string; readonly secret: string },
): Promise<string> {
  const credentials = Buffer.from(`${client?.id}:${client?.secret}`).toString("base64");
  const response = await fetch(`${issuer}/token`, {
    method: "POST",
    body: new URLSearchParams({ resource: RESOURCE, ...parameters }),
    headers: client === undefined ? {} : { authorization: `Basic ${credentials}` },
  });
  const answer = (await response.json()) as {
    readonly access_token?: string;
    readonly error_description?: string;
  };
  if (answer.access_token === undefined) {
    throw new Error(`no token: ${answer.error_description}`);
  }
  return answer.access_token;
}

async function signIn(issuer: string, scope: string, browser: ProviderBrowser): Promise<string> {
  const verifier = randomBytes(32).toString("base64url");
  const query = new URLSearchParams({
    client_id: "app",
    response_type: "code",
    redirect_uri: REDIRECT_URI,
    scope: `openid ${scope}`,
    resource: RESOURCE,
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  });
  const code = await browser.signIn(`${issuer}/auth?${query}`);
  return requestToken(issuer, {
    grant_type: "authorization_code",
    client_id: "app",
    redirect_uri: REDIRECT_URI,
    code,
    code_verifier: verifier,
  });
}
