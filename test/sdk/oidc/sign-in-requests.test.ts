import { type OidcOptions, oidc } from "@countersign/sdk/oidc";
import { expect, test } from "vitest";
import { notEmpty } from "../../support/not-empty.ts";
import {
  createTabStorage,
  type FakePaths,
  type FakeProvider,
  idTokenOf,
  metadataOf,
  startFakeProvider,
  TOKENS,
} from "./fake-provider.ts";

const clientId = "web";
const redirectUri = "https://app.example/signed-in";
const { signal } = new AbortController();

function sourceOf({ issuer }: FakeProvider, options: Partial<OidcOptions> = {}) {
  return oidc({ issuer, clientId, redirectUri, storage: createTabStorage(), ...options });
}

function queryOf(url: URL): Record<string, string> {
  return Object.fromEntries(url.searchParams);
}

/** Send the user back with a code, as a provider does. */
function backFrom(url: URL, more: Readonly<Record<string, string>> = { code: "code-1" }): URL {
  const back = new URL(redirectUri);
  back.searchParams.set("state", url.searchParams.get("state") ?? "");
  for (const [name, value] of Object.entries(more)) {
    back.searchParams.set(name, value);
  }
  return back;
}

const WISHES = notEmpty([
  { name: "Auth0", parameters: { audience: "https://api.example", organization: "org_1" } },
  { name: "Google", parameters: { access_type: "offline", prompt: "consent", login_hint: "a@b.example" } },
  { name: "Entra", parameters: { domain_hint: "acme.example", prompt: "select_account" } },
  { name: "step-up", parameters: { acr_values: "phr phrh", prompt: "login" } },
]);

test.each(WISHES)(
  "the authorization request has the parameters of $name, and the token request has not",
  async ({ parameters }) => {
    await using provider = await startFakeProvider();
    const source = sourceOf(provider, { parameters, tokenParameters: { client_info: "1" } });
    const url = await source.signInUrl();
    expect(queryOf(url)).toMatchObject({ ...parameters, client_id: clientId, response_type: "code" });
    await source.finishSignIn(backFrom(url));
    await source.refresh({ refreshToken: "refresh-1", refreshId: "1", signal });
    const [exchange, refresh] = provider.seenAt("/token").map(({ form }) => form);
    expect(exchange).toMatchObject({ grant_type: "authorization_code", code: "code-1", client_info: "1" });
    expect(refresh).toEqual({
      grant_type: "refresh_token",
      refresh_token: "refresh-1",
      client_id: clientId,
      client_info: "1",
    });
    for (const name of Object.keys(parameters)) {
      expect(exchange).not.toHaveProperty(name);
    }
  },
);

const PROMPTS = notEmpty([
  { scopes: ["openid"], parameters: undefined, prompt: undefined },
  { scopes: ["openid", "offline_access"], parameters: undefined, prompt: "consent" },
  {
    scopes: ["openid", "offline_access"],
    parameters: { prompt: "select_account" },
    prompt: "select_account",
  },
  { scopes: ["openid", "offline_access"], parameters: { prompt: "" }, prompt: undefined },
  { scopes: ["openid", "offline_access"], parameters: { prompt: undefined }, prompt: undefined },
]);

test.each(PROMPTS)(
  "with the scopes $scopes and $parameters the prompt is $prompt",
  async ({ prompt, ...wish }) => {
    await using provider = await startFakeProvider();
    const url = await sourceOf(provider, wish).signInUrl();
    expect(url.searchParams.get("prompt") ?? undefined).toBe(prompt);
  },
);

test("parameters of one sign-in go before those of the source, and may take one away", async () => {
  await using provider = await startFakeProvider();
  const source = sourceOf(provider, {
    parameters: { login_hint: "a", ui_locales: "de" },
    scopes: ["offline_access"],
  });
  const url = await source.signInUrl({ parameters: { login_hint: "b", ui_locales: "", prompt: "none" } });
  expect(queryOf(url)).toMatchObject({ login_hint: "b", prompt: "none", scope: "offline_access" });
  expect(url.searchParams.has("ui_locales")).toBe(false);
});

const RESERVED = notEmpty([
  ["redirect_uri", "the option redirectUri sets it"],
  ["client_secret", "the option proof sets it"],
  ["scope", "the option scopes sets it"],
  ["state", "the source sets it"],
  ["code_challenge", "the source sets it"],
  ["request_uri", "the source sets it"],
] as const);

test.each(RESERVED)("the parameter %s is refused: %s", async (name, why) => {
  await using provider = await startFakeProvider();
  const options = { issuer: provider.issuer, clientId };
  for (const option of ["parameters", "tokenParameters"] as const) {
    expect(() => oidc({ ...options, [option]: { [name]: "mine" } })).toThrow(
      new TypeError(`${option} must not have ${name}: ${why}`),
    );
  }
  await expect(sourceOf(provider).signInUrl({ parameters: { [name]: "mine" } })).rejects.toThrow(why);
});

test("a parameter that is no text is refused when the source is made", () => {
  // What a program without types may hand over: hence the cast.
  const parameters = { max_age: 0 } as unknown as Record<string, string>;
  expect(() => oidc({ issuer: "https://login.example", clientId, parameters })).toThrow(
    new TypeError("parameters.max_age must be a text"),
  );
});

const PUSHES: FakePaths = {
  "/.well-known/openid-configuration": (_request, issuer) =>
    metadataOf(issuer, { pushed_authorization_request_endpoint: `${issuer}/par` }),
  "/par": () => ({ status: 201, body: { request_uri: "urn:request:1", expires_in: 60 } }),
};

test("where requests can be pushed, the browser carries only the name of one", async () => {
  await using provider = await startFakeProvider(PUSHES);
  const source = sourceOf(provider, {
    proof: { kind: "secret", secret: "s" },
    parameters: { audience: "https://api.example" },
  });
  const url = await source.signInUrl();
  expect(queryOf(url)).toEqual({ client_id: clientId, request_uri: "urn:request:1" });
  const [pushed] = provider.seenAt("/par");
  expect(pushed?.form).toMatchObject({
    audience: "https://api.example",
    redirect_uri: redirectUri,
    client_id: clientId,
  });
  expect(pushed?.authorization).toBe(`Basic ${btoa("web:s")}`);
});

test("a push can be left out, and a push that fails is no plain request", async () => {
  await using provider = await startFakeProvider({
    ...PUSHES,
    "/par": () => ({ status: 400, body: { error: "invalid_request" } }),
  });
  expect(queryOf(await sourceOf(provider, { pushedAuthorization: false }).signInUrl())).toHaveProperty(
    "state",
  );
  await expect(sourceOf(provider).signInUrl()).rejects.toMatchObject({
    kind: "config",
    message: "the provider answered invalid_request",
  });
});

test("a provider that requires pushes gets them, whatever the caller says, and one without an endpoint fails", async () => {
  const metadata = (issuer: string) =>
    metadataOf(issuer, {
      pushed_authorization_request_endpoint: `${issuer}/par`,
      require_pushed_authorization_requests: true,
    });
  await using strict = await startFakeProvider({
    ...PUSHES,
    "/.well-known/openid-configuration": (_request, issuer) => metadata(issuer),
  });
  expect(queryOf(await sourceOf(strict, { pushedAuthorization: false }).signInUrl())).toHaveProperty(
    "request_uri",
  );
  await using plain = await startFakeProvider();
  await expect(sourceOf(plain, { pushedAuthorization: true }).signInUrl()).rejects.toThrow(
    "pushed_authorization_request_endpoint",
  );
});

const REFUSALS = notEmpty([
  ["login_required", "final", "interaction_required"],
  ["interaction_required", "final", "interaction_required"],
  ["consent_required", "final", "interaction_required"],
  ["account_selection_required", "final", "interaction_required"],
  ["access_denied", "final", "revoked"],
  ["unauthorized_client", "config", "revoked"],
  ["<script>alert(1)</script>", "config", "revoked"],
] as const);

test.each(REFUSALS)("a user who comes back with %s has not signed in", async (error, kind, reason) => {
  await using provider = await startFakeProvider();
  const source = sourceOf(provider);
  const url = await source.signInUrl({ parameters: { prompt: "none" } });
  const failure: unknown = await source
    .finishSignIn(backFrom(url, { error }))
    .catch((cause: unknown) => cause);
  expect(failure).toMatchObject({ name: "TokenSourceError", kind, reason });
  expect(String(failure)).not.toContain("<");
  await expect(source.finishSignIn(backFrom(url))).rejects.toThrow("no sign-in was begun in this tab");
  expect(provider.seenAt("/token")).toEqual([]);
});

test("max_age is held: an ID token without the time of the sign-in, or with an old one, is refused", async () => {
  for (const [authTime, message] of [
    [undefined, "auth_time"],
    [1_000, "too much time has elapsed"],
  ] as const) {
    let nonce = "";
    await using provider = await startFakeProvider({
      "/token": (_request, issuer) => ({
        body: { ...TOKENS, id_token: idTokenOf(issuer, { aud: clientId, nonce, auth_time: authTime }) },
      }),
    });
    const source = sourceOf(provider, { scopes: ["openid"], parameters: { max_age: "60" } });
    const url = await source.signInUrl();
    nonce = url.searchParams.get("nonce") ?? "";
    await expect(source.finishSignIn(backFrom(url))).rejects.toThrow(message);
  }
});

test("where access tokens are for the provider alone, calls carry the ID token, with its own life", async () => {
  let nonce = "";
  await using provider = await startFakeProvider({
    "/token": (_request, issuer) => ({
      body: { ...TOKENS, id_token: idTokenOf(issuer, { aud: clientId, nonce }) },
    }),
  });
  const source = sourceOf(provider, { scopes: ["openid", "email"], bearerToken: "id_token" });
  const url = await source.signInUrl();
  nonce = url.searchParams.get("nonce") ?? "";
  const grant = await source.finishSignIn(backFrom(url));
  expect(grant).toMatchObject({
    accessToken: grant.idToken,
    lifetimeMs: 3_600_000,
    refreshToken: "refresh-1",
  });
});

test("an answer without the ID token that calls are to carry is a mistake in the set-up", async () => {
  await using provider = await startFakeProvider();
  const source = sourceOf(provider, { bearerToken: "id_token" });
  await expect(source.refresh({ refreshToken: "r", refreshId: "1", signal })).rejects.toMatchObject({
    kind: "config",
    message: "the provider gave no ID token: scopes must have openid",
  });
});

const TENANTS = notEmpty([
  {
    name: "its tenant",
    claims: (iss: string) => ({ iss: `${iss}/tenant-1/v2.0`, tid: "tenant-1" }),
    accepted: true,
  },
  {
    name: "another tenant",
    claims: (iss: string) => ({ iss: `${iss}/tenant-2/v2.0`, tid: "tenant-1" }),
    accepted: false,
  },
  { name: "no tenant", claims: (iss: string) => ({ iss: `${iss}/tenant-1/v2.0` }), accepted: false },
  {
    name: "a path for a tenant",
    claims: (iss: string) => ({ iss: `${iss}/a/b/v2.0`, tid: "a/b" }),
    accepted: false,
  },
]);

test.each(TENANTS)(
  "where every tenant has an issuer, an ID token names its own: $name",
  async ({ claims, accepted }) => {
    let nonce = "";
    await using provider = await startFakeProvider({
      "/organizations": (_request, own) => metadataOf(own, { issuer: `${own}/{tenantid}/v2.0` }),
      "/token": (_request, own) => ({
        body: { ...TOKENS, id_token: idTokenOf(own, { aud: clientId, nonce, ...claims(own) }) },
      }),
    });
    const source = sourceOf(provider, {
      issuer: `${provider.issuer}/{tenantid}/v2.0`,
      metadataUri: `${provider.issuer}/organizations`,
      scopes: ["openid"],
    });
    const url = await source.signInUrl();
    nonce = url.searchParams.get("nonce") ?? "";
    const grant = source.finishSignIn(backFrom(url));
    await (accepted
      ? expect(grant).resolves.toMatchObject({ accessToken: "access-1" })
      : expect(grant).rejects.toThrow('"iss" (issuer)'));
  },
);
