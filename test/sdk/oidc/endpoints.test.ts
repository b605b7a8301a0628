import { clientCredentials, type OidcOptions, oidc } from "@countersign/sdk/oidc";
import { expect, test } from "vitest";
import { notEmpty } from "../../support/not-empty.ts";
import { createTabStorage, type FakePaths, metadataOf, startFakeProvider } from "./fake-provider.ts";

const clientId = "web";
const { signal } = new AbortController();
const REFRESH = { refreshToken: "refresh-1", refreshId: "1", signal } as const;
const OIDC_PATH = "/.well-known/openid-configuration";
const OAUTH_PATH = "/.well-known/oauth-authorization-server";
const MISSING: FakePaths = { [OIDC_PATH]: () => ({ status: 404 }) };

test("with endpoints by hand no metadata are fetched, as Entra B2C needs it", async () => {
  await using provider = await startFakeProvider();
  const base = `${provider.issuer}/acme.onmicrosoft.com/oauth2/v2.0`;
  const source = oidc({
    // The issuer of its tokens is at no address of the metadata.
    issuer: "https://acme.b2clogin.com/11111111-2222-3333-4444-555555555555/v2.0/",
    clientId,
    endpoints: { authorization: `${base}/authorize?p=b2c_1_sign_in`, token: `${provider.issuer}/token` },
    redirectUri: "https://app.example/signed-in",
    storage: createTabStorage(),
  });
  const url = await source.signInUrl();
  expect(url.href).toContain("/oauth2/v2.0/authorize?p=b2c_1_sign_in&client_id=web");
  const grant = await source.refresh(REFRESH);
  expect(grant.accessToken).toBe("access-1");
  expect(provider.seen.map(({ path }) => path)).toEqual(["/token"]);
});

test("endpoints by hand go before those of the metadata, as Cognito needs one to end its session", async () => {
  await using provider = await startFakeProvider();
  const endSession = `${provider.issuer}/logout`;
  const source = oidc({ issuer: provider.issuer, clientId, endpoints: { endSession } });
  const url = await source.signOutUrl({ parameters: { logout_uri: "https://app.example/" } });
  expect(url.href).toBe(`${endSession}?client_id=web&logout_uri=https%3A%2F%2Fapp.example%2F`);
  await source.refresh(REFRESH);
  expect(provider.seenAt("/token")).toHaveLength(1);
});

test("metadata of another address are taken when they name the issuer", async () => {
  const issuer = "https://acme.b2clogin.com/11111111-2222-3333-4444-555555555555/v2.0/";
  await using provider = await startFakeProvider({
    "/policy/metadata": (_request, own) => ({ body: { issuer, token_endpoint: `${own}/token` } }),
  });
  const source = oidc({ issuer, metadataUri: `${provider.issuer}/policy/metadata`, clientId });
  expect((await source.refresh(REFRESH)).accessToken).toBe("access-1");
});

test("an authorization server that knows no OpenID has its metadata elsewhere", async () => {
  await using provider = await startFakeProvider({
    ...MISSING,
    [OAUTH_PATH]: (_request, own) => metadataOf(own),
  });
  const proof = { kind: "secret", secret: "s" } as const;
  const source = clientCredentials({ issuer: provider.issuer, clientId, proof });
  expect((await source.acquire?.(signal))?.accessToken).toBe("access-1");
});

const MISTAKES = notEmpty([
  {
    name: "no metadata",
    paths: MISSING,
    kind: "config",
    message: /no metadata at .*\(status 404\): set issuer, metadataUri or endpoints/,
  },
  {
    name: "a redirect in their place",
    paths: { [OIDC_PATH]: () => ({ status: 302, headers: { location: "https://elsewhere.example" } }) },
    kind: "config",
    message: /no metadata at .*\(status 302\)/,
  },
  {
    name: "metadata of another issuer",
    paths: { [OIDC_PATH]: () => metadataOf("https://login.example") },
    kind: "config",
    message: /name another issuer than http:\/\/127\.0\.0\.1:\d+\/: set issuer to that, and metadataUri/,
  },
  {
    name: "an outage",
    paths: { [OIDC_PATH]: () => ({ status: 503 }) },
    kind: "transient",
    message: /unexpected HTTP status/,
  },
  {
    name: "too many requests",
    paths: { [OIDC_PATH]: () => ({ status: 429 }) },
    kind: "transient",
    message: /unexpected HTTP status/,
  },
  {
    name: "a token endpoint in plain http on another machine",
    paths: {
      [OIDC_PATH]: (_request: unknown, own: string) =>
        metadataOf(own, { token_endpoint: "http://login.example/token" }),
    },
    kind: "config",
    message: /an endpoint of the provider is plain http on another machine/,
  },
]);

test.each(MISTAKES)("$name: the failure says what it is", async ({ paths, kind, message }) => {
  await using provider = await startFakeProvider(paths);
  const failure = oidc({ issuer: provider.issuer, clientId }).refresh(REFRESH);
  await expect(failure).rejects.toMatchObject({
    name: "TokenSourceError",
    kind,
    message: expect.stringMatching(message),
  });
  expect(provider.seenAt("/token")).toEqual([]);
});

test("an authorization endpoint in plain http on another machine gets no user", async () => {
  await using provider = await startFakeProvider({
    [OIDC_PATH]: (_request, own) =>
      metadataOf(own, { authorization_endpoint: "http://login.example/authorize" }),
  });
  const source = oidc({
    issuer: provider.issuer,
    clientId,
    redirectUri: "https://app.example/",
    storage: createTabStorage(),
  });
  await expect(source.signInUrl()).rejects.toThrow(
    "no usable authorization_endpoint: set endpoints.authorization",
  );
});

const ISSUER = "https://login.example";
const WRONG_OPTIONS = notEmpty([
  [{ issuer: "login.example" }, 'issuer must use https, or http on this machine, not "login.example"'],
  [
    { issuer: "http://login.example" },
    'issuer must use https, or http on this machine, not "http://login.example"',
  ],
  [
    { issuer: "http://login.localhost" },
    'issuer must use https, or http on this machine, not "http://login.localhost"',
  ],
  [{ issuer: undefined }, "issuer must use https, or http on this machine, not undefined"],
  [{ clientId: "" }, "clientId must be a text that is not empty"],
  [{ metadataUri: "/metadata" }, 'metadataUri must use https, or http on this machine, not "/metadata"'],
  [
    { endpoints: { token: "http://login.example/token" } },
    'endpoints.token must use https, or http on this machine, not "http://login.example/token"',
  ],
  [
    { endpoints: { token_endpoint: "https://login.example/token" } },
    "endpoints.token_endpoint is unknown: it must be one of authorization, token, deviceAuthorization, pushedAuthorization, revocation, endSession",
  ],
] as const);

test.each(WRONG_OPTIONS)("the option %j is refused when the source is made", (wrong, message) => {
  // What a program without types may hand over: hence the cast.
  const options = { issuer: ISSUER, clientId, ...wrong } as unknown as OidcOptions;
  expect(() => oidc(options)).toThrow(new TypeError(message));
});
