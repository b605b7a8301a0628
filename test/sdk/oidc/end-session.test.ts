import { createMemoryStore, createSession } from "@countersign/sdk";
import { encodeEntry, parseEntry } from "@countersign/sdk/store";
import { createFakeClock } from "@countersign/sdk/testing";
import { expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { type FakePaths, idTokenOf, metadataOf, startFakeProvider, TOKENS } from "./fake-provider.ts";
import { baseUrl, clientId, GRANT, OIDC_PATH, signedIn, sourceOf } from "./signed-in.ts";

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

test("a user who signs in while another signs out is not the one whose session ends", async () => {
  await using provider = await startFakeProvider(END);
  const { source, session, idToken } = await signedIn(provider);
  const ending = session.signOut();
  const next = idTokenOf(provider.issuer, { aud: clientId, sub: "user-2" });
  await session.begin(() => Promise.resolve({ ...GRANT, accessToken: "access-2", idToken: next }));
  await ending;
  await source.refresh({ refreshToken: "r", refreshId: "1", signal: new AbortController().signal });
  expect((await source.signOutUrl()).searchParams.get("id_token_hint")).toBe(idToken);
  await session.signOut();
  expect((await source.signOutUrl()).searchParams.get("id_token_hint")).toBe(next);
});

test("a refresh that a sign-out has overtaken takes the ID token of the session along", async () => {
  const ending = Promise.withResolvers<unknown>();
  await using provider = await startFakeProvider({
    ...END,
    "/token": () => {
      ending.resolve(session.signOut());
      return { body: TOKENS };
    },
  });
  const { source, session, idToken, clock } = await signedIn(provider);
  clock.advance(600_000);
  await expect(session.token()).rejects.toMatchObject({ reason: "SIGNED_OUT" });
  expect(await ending.promise).toEqual({ revoked: true });
  // What has come of it ends as well, and the provider gave no ID token with it.
  await eventually(() => provider.seenAt("/revoke").find(({ form }) => form.token === "access-1"));
  expect((await source.signOutUrl()).searchParams.get("id_token_hint")).toBe(idToken);
});

test("without an ID token of the session that ended, the client is named alone", async () => {
  await using provider = await startFakeProvider(END);
  const { source, session } = await signedIn(provider);
  expect((await source.signOutUrl()).search).toBe("?tenant=1&client_id=web");
  await session.signOut();
  await session.begin(() => Promise.resolve(GRANT));
  await session.signOut();
  expect((await source.signOutUrl()).search).toBe("?tenant=1&client_id=web");
});

test("an ID token that is too long for an address is not kept", async () => {
  await using provider = await startFakeProvider({
    "/token": (_request, own) => ({
      body: { ...TOKENS, id_token: idTokenOf(own, { aud: clientId, pad: "x".repeat(8_000) }) },
    }),
  });
  const { signal } = new AbortController();
  const grant = await sourceOf(provider).refresh({ refreshToken: "r", refreshId: "1", signal });
  expect(grant.idToken).toBeUndefined();
});

test("a provider without that endpoint says which option gives it one", async () => {
  await using provider = await startFakeProvider();
  await expect(sourceOf(provider).signOutUrl()).rejects.toMatchObject({
    kind: "config",
    message: "the provider's metadata have no usable end_session_endpoint: set endpoints.endSession",
  });
});
