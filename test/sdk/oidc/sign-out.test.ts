import { createSession, retryAfterMsOf } from "@countersign/sdk";
import { clientCredentials } from "@countersign/sdk/oidc";
import { createFakeClock } from "@countersign/sdk/testing";
import { expect, test } from "vitest";
import { notEmpty } from "../../support/not-empty.ts";
import { settle } from "../kit.ts";
import { type FakePaths, type FakeProvider, metadataOf, startFakeProvider } from "./fake-provider.ts";
import { baseUrl, clientId, OIDC_PATH, signedIn, sourceOf } from "./signed-in.ts";

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

const FAILS = notEmpty([
  { name: "an outage", answer: { status: 503 } },
  { name: "a refusal", answer: { status: 400, body: { error: "unsupported_token_type" } } },
]);

test.each(FAILS)(
  "$name at the end of the refresh token leaves no access token behind",
  async ({ answer }) => {
    await using provider = await startFakeProvider({
      "/revoke": ({ form }) => (form.token_type_hint === "refresh_token" ? answer : {}),
    });
    const { session } = await signedIn(provider);
    expect(await session.signOut()).toMatchObject({ revoked: false });
    expect(revocations(provider).map(({ token }) => token)).toEqual(["refresh-0", "access-0"]);
  },
);

test("a program's token ends as well", async () => {
  await using provider = await startFakeProvider();
  const proof = { kind: "secret", secret: "s" } as const;
  const source = clientCredentials({ issuer: provider.issuer, clientId, proof });
  await using session = createSession({ baseUrl, source, clock: createFakeClock() });
  await session.token();
  expect(await session.signOut()).toEqual({ revoked: true });
  expect(revocations(provider).map(({ token }) => token)).toContain("access-1");
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
