import { expect, test } from "vitest";
import { notEmpty } from "../../support/not-empty.ts";
import { idTokenOf, metadataOf, startFakeProvider, TOKENS } from "./fake-provider.ts";
import { backFrom, clientId, sourceOf } from "./redirects.ts";

const { signal } = new AbortController();

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
