import {
  createMemoryStore,
  createSession,
  retryAfterMsOf,
  type SessionEvent,
  type SessionStore,
} from "@countersign/sdk";
import { clientCredentials, type OidcOptions, oidc } from "@countersign/sdk/oidc";
import { encodeEntry, parseEntry } from "@countersign/sdk/store";
import { createFakeClock } from "@countersign/sdk/testing";
import { expect, test } from "vitest";
import { notEmpty } from "../../support/not-empty.ts";
import { settle } from "../kit.ts";
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
const baseUrl = "https://api.example";
const OIDC_PATH = "/.well-known/openid-configuration";

function sourceOf({ issuer }: FakeProvider, options: Partial<OidcOptions> = {}) {
  return oidc({ issuer, clientId, storage: createTabStorage(), ...options });
}

/** Begin a session with tokens of the provider. */
async function signedIn(
  provider: FakeProvider,
  options: { readonly store?: SessionStore; readonly refreshToken?: string } = {},
) {
  const { store = createMemoryStore(), refreshToken } = { refreshToken: "refresh-0", ...options };
  const clock = createFakeClock();
  const source = sourceOf(provider);
  const session = createSession({ baseUrl, source, store, clock });
  const events: SessionEvent[] = [];
  session.on((event) => events.push(event));
  const idToken = idTokenOf(provider.issuer, { aud: clientId, sub: "user-1" });
  await session.begin(() =>
    Promise.resolve({ accessToken: "access-0", lifetimeMs: 600_000, scopes: [], refreshToken, idToken }),
  );
  return { source, session, events, clock, idToken, store };
}

function revocations(provider: FakeProvider) {
  return provider.seenAt("/revoke").map(({ form }) => form);
}

test("a sign-out ends the refresh token, then the access token", async () => {
  await using provider = await startFakeProvider();
  const { session } = await signedIn(provider);
  expect(await session.signOut()).toEqual({ revoked: true });
  expect(revocations(provider)).toEqual([
    { token: "refresh-0", token_type_hint: "refresh_token", client_id: clientId },
    { token: "access-0", token_type_hint: "access_token", client_id: clientId },
  ]);
});

test("a source that is asked to end an access token alone does that", async () => {
  await using provider = await startFakeProvider();
  await sourceOf(provider).revoke("access-0", new AbortController().signal);
  expect(revocations(provider).map(({ token }) => token)).toEqual(["access-0"]);
});

test("a session without a refresh token ends its access token", async () => {
  await using provider = await startFakeProvider();
  const { session } = await signedIn(provider, { refreshToken: undefined as unknown as string });
  expect(await session.signOut()).toEqual({ revoked: true });
  expect(revocations(provider).map(({ token }) => token)).toEqual(["access-0"]);
});

const isFor = (kind: string, error: string): FakePaths => ({
  "/revoke": ({ form }) => (form.token_type_hint === kind ? { status: 400, body: { error } } : {}),
});

const ANSWERS = notEmpty([
  {
    name: "a provider without the endpoint",
    paths: { [OIDC_PATH]: (_: unknown, own: string) => metadataOf(own, { revocation_endpoint: undefined }) },
    error: "the provider has no revocation endpoint: its tokens last",
  },
  {
    name: "a refresh token that cannot be ended",
    paths: isFor("refresh_token", "unsupported_token_type"),
    error: "the provider answered unsupported_token_type",
  },
  {
    name: "an outage",
    paths: { "/revoke": () => ({ status: 503 }) },
    error: '"response" is not a conform Revocation Endpoint response (unexpected HTTP status code)',
  },
  {
    name: "an access token that cannot be ended",
    paths: isFor("access_token", "unsupported_token_type"),
    error: undefined,
  },
  {
    name: "an access token that ended with the refresh token, as Google says it",
    paths: isFor("access_token", "invalid_token"),
    error: undefined,
  },
  {
    name: "an access token whose end fails",
    paths: isFor("access_token", "server_error"),
    error: "the provider answered server_error",
  },
]);

test.each(ANSWERS)("$name: the sign-out says what has become of it", async ({ paths, error }) => {
  await using provider = await startFakeProvider(paths);
  const { session } = await signedIn(provider);
  const result = await session.signOut();
  expect(result.revoked).toBe(error === undefined);
  expect(result.error?.rawMessage).toBe(error);
  expect(session.getSnapshot().status).toBe("signed_out");
});

test("a program's token ends as well", async () => {
  await using provider = await startFakeProvider();
  const proof = { kind: "secret", secret: "s" } as const;
  const source = clientCredentials({ issuer: provider.issuer, clientId, proof });
  await using session = createSession({ baseUrl, source, clock: createFakeClock() });
  await session.token();
  expect(await session.signOut()).toEqual({ revoked: true });
  expect(revocations(provider).map(({ token }) => token)).toContain("access-1");
});

const END: FakePaths = {
  [OIDC_PATH]: (_request, own) => metadataOf(own, { end_session_endpoint: `${own}/end?tenant=1` }),
};

test("the provider's own session ends at an address that has the ID token, also after a reload", async () => {
  await using provider = await startFakeProvider(END);
  const { idToken, store } = await signedIn(provider);
  // Another page: the store has kept the text.
  const kept = parseEntry(encodeEntry((await store.read()) ?? failNoEntry()));
  const later = createMemoryStore();
  await later.compareAndSet(undefined, kept ?? failNoEntry());
  const source = sourceOf(provider);
  await using session = createSession({ baseUrl, source, store: later, clock: createFakeClock() });
  await session.signOut();
  const url = await source.signOutUrl({ returnTo: "https://app.example/" });
  expect(`${url.origin}${url.pathname}`).toBe(`${provider.issuer}/end`);
  expect(Object.fromEntries(url.searchParams)).toEqual({
    tenant: "1",
    id_token_hint: idToken,
    client_id: clientId,
    post_logout_redirect_uri: "https://app.example/",
  });
});

function failNoEntry(): never {
  throw new Error("the store holds no entry");
}

test("without an ID token, and where one is too long for an address, the client is named alone", async () => {
  await using provider = await startFakeProvider({
    ...END,
    "/token": (_request, own) => ({
      body: { ...TOKENS, id_token: idTokenOf(own, { aud: clientId, pad: "x".repeat(8_000) }) },
    }),
  });
  const source = sourceOf(provider);
  expect((await source.signOutUrl()).search).toBe("?tenant=1&client_id=web");
  await source.refresh({ refreshToken: "r", refreshId: "1", signal: new AbortController().signal });
  expect((await source.signOutUrl()).search).toBe("?tenant=1&client_id=web");
});

test("a provider without that endpoint says which option gives it one", async () => {
  await using provider = await startFakeProvider();
  await expect(sourceOf(provider).signOutUrl()).rejects.toMatchObject({
    kind: "config",
    message: "the provider's metadata have no usable end_session_endpoint: set endpoints.endSession",
  });
});

const ENDS = notEmpty([
  ["invalid_grant", "revoked"],
  ["access_denied", "revoked"],
  ["interaction_required", "interaction_required"],
  ["login_required", "interaction_required"],
  ["consent_required", "interaction_required"],
  ["account_selection_required", "interaction_required"],
  ["mfa_required", "interaction_required"],
] as const);

test.each(ENDS)(
  "a refresh that is answered with %s ends the session, once, with the reason %s",
  async (error, reason) => {
    await using provider = await startFakeProvider({ "/token": () => ({ status: 400, body: { error } }) });
    const { session, events, clock } = await signedIn(provider);
    clock.advance(600_000);
    await expect(session.token()).rejects.toMatchObject({ reason: "SIGNED_OUT" });
    await expect(session.token()).rejects.toMatchObject({ reason: "SIGNED_OUT" });
    await settle();
    expect(events).toEqual([{ type: "signed_in" }, { type: "signed_out", reason }]);
    expect(session.getSnapshot().status).toBe("signed_out");
    expect(provider.seenAt("/token")).toHaveLength(1);
  },
);

test("a session whose provider gave no refresh token ends with its access token", async () => {
  await using provider = await startFakeProvider();
  const { session, events, clock } = await signedIn(provider, {
    refreshToken: undefined as unknown as string,
  });
  clock.advance(600_000);
  await expect(session.token()).rejects.toMatchObject({ reason: "SIGNED_OUT" });
  await settle();
  expect(events.at(-1)).toEqual({ type: "signed_out", reason: "expired" });
  expect(provider.seen).toHaveLength(1);
});

const BUSY = notEmpty([
  { status: 503, headers: { "retry-after": "7" } },
  { status: 429, headers: { "retry-after": "7" }, body: { error: "slow_down" } },
]);

test.each(BUSY)("a provider that is busy says when to come again: $status", async (answer) => {
  await using provider = await startFakeProvider({ "/token": () => answer });
  const { signal } = new AbortController();
  const failure = await sourceOf(provider)
    .refresh({ refreshToken: "r", refreshId: "1", signal })
    .catch((error: unknown) => error);
  expect(failure).toMatchObject({ kind: "transient" });
  expect(retryAfterMsOf(failure)).toBe(7_000);
});
