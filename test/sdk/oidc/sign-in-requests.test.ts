import { oidc } from "@countersign/sdk/oidc";
import { expect, test } from "vitest";
import { notEmpty } from "../../support/not-empty.ts";
import { type FakePaths, metadataOf, startFakeProvider } from "./fake-provider.ts";
import { backFrom, clientId, redirectUri, sourceOf } from "./redirects.ts";

const { signal } = new AbortController();

function queryOf(url: URL): Record<string, string> {
  return Object.fromEntries(url.searchParams);
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
