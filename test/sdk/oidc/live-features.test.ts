import { generateKeyPairSync } from "node:crypto";
import { createMemoryStore, createSession } from "@countersign/sdk";
import { dpop } from "@countersign/sdk/dpop";
import { clientCredentials, type OidcOptions, oidc } from "@countersign/sdk/oidc";
import { createFakeClock } from "@countersign/sdk/testing";
import { decodeJwt } from "jose";
import type { Browser, BrowserContext, Page, Request } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser } from "../../support/browser.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { createTabStorage } from "./fake-provider.ts";
import {
  CLIENTS,
  type LiveProvider,
  REDIRECT_URI,
  RESOURCE,
  SIGNED_OUT_URI,
  startLiveProvider,
} from "./live-provider.ts";

const baseUrl = "https://api.example";
let browser: Browser;
let provider: LiveProvider;
const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });

beforeAll(async () => {
  const jwk = { ...publicKey.export({ format: "jwk" }), kid: "tests" };
  [browser, provider] = await Promise.all([
    launchBrowser(),
    startLiveProvider(jwk, { requirePushedRequests: true }),
  ]);
});
afterAll(async () => {
  await browser.close();
  await provider[Symbol.asyncDispose]();
});

/** Sign in on the provider's own pages, as a user does; the context has the provider's session. */
async function signIn(options: Partial<OidcOptions> = {}, store = createMemoryStore()) {
  const source = oidc({
    issuer: provider.issuer,
    clientId: CLIENTS.app,
    redirectUri: REDIRECT_URI,
    scopes: ["openid", "offline_access"],
    storage: createTabStorage(),
    ...options,
  });
  const clock = createFakeClock();
  const session = createSession({ baseUrl, source, clock, store });
  const context = await browser.newContext();
  const page = await context.newPage();
  const callback = redirectTo(context, REDIRECT_URI);
  const url = await source.signInUrl();
  await page.goto(url.href);
  await consent(page);
  const callbackUrl = (await callback).url();
  await session.begin(() => source.finishSignIn(callbackUrl));
  return { source, session, clock, context, url };
}

/**
 * Open an address in a page of its own: where the provider redirects to, no server listens, and the browser's
 * own page about that interrupts what the page goes to next.
 */
async function open(context: BrowserContext, url: URL): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url.href);
  return page;
}

/** The request for the address that the provider redirects to. */
function redirectTo(context: BrowserContext, uri: string): Promise<Request> {
  return context.waitForEvent("request", (request) => request.url().startsWith(uri));
}

async function consent(page: Page): Promise<void> {
  await page.locator("input[name=login]").fill("user");
  await page.locator("input[name=password]").fill("anything");
  await page.locator("button[type=submit]").click();
  await page.locator("button[type=submit]").click();
}

test("a provider that takes pushed requests only signs in", async () => {
  const { session, context, url } = await signIn();
  expect([...url.searchParams.keys()].sort()).toEqual(["client_id", "request_uri"]);
  expect(session.getSnapshot().status).toBe("signed_in");
  await context.close();
});

test("a token is for the resource that was asked for, and so is the next one", async () => {
  const { session, clock, context } = await signIn({
    resource: RESOURCE,
    scopes: ["openid", "offline_access", "notes:read"],
  });
  const first = decodeJwt(await session.token());
  expect(first).toMatchObject({ aud: RESOURCE, scope: "notes:read" });
  clock.advance(600_000);
  const second = decodeJwt(await session.token());
  expect(second.aud).toBe(RESOURCE);
  expect(second.jti).not.toBe(first.jti);
  await context.close();
});

test("tokens are bound to the key of dpop(), from the sign-in on and through refreshes, with the nonces of the provider", async () => {
  const { session, clock, context } = await signIn({
    resource: RESOURCE,
    scopes: ["openid", "offline_access", "notes:read"],
    dpop: dpop(),
  });
  const keyOf = async () => decodeJwt<{ cnf: { jkt: string } }>(await session.token()).cnf.jkt;
  const key = await keyOf();
  expect(key).toMatch(/^[\w-]{43}$/);
  clock.advance(600_000);
  expect(await keyOf()).toBe(key);
  await context.close();
});

test("a client gets tokens that are bound to the key of its session", async () => {
  const source = clientCredentials({
    issuer: provider.issuer,
    clientId: CLIENTS.posting.id,
    proof: { kind: "secret", secret: CLIENTS.posting.secret },
    resource: RESOURCE,
  });
  const prover = dpop().proverOf({});
  const grant = await source.acquire?.(new AbortController().signal, { prover });
  expect(grant?.tokenType).toBe("dpop");
  expect(decodeJwt(grant?.accessToken ?? "").cnf).toEqual({ jkt: expect.stringMatching(/^[\w-]{43}$/) });
});

test("after a sign-out the refresh token is worth nothing", async () => {
  const store = createMemoryStore();
  const { source, session, context } = await signIn({}, store);
  const entry = await store.read();
  // What a thief has copied.
  const refreshToken = entry?.kind === "signed_in" ? entry.refreshToken?.reveal() : undefined;
  expect(refreshToken).toMatch(/.{20}/);
  expect(await session.signOut()).toEqual({ revoked: true });
  const { signal } = new AbortController();
  await expect(source.refresh({ refreshToken, refreshId: "1", signal })).rejects.toMatchObject({
    kind: "final",
    message: "the provider does not accept the grant any more",
  });
  await context.close();
});

test("the provider ends its own session, and then asks for the user again", async () => {
  const { source, session, context } = await signIn();
  await session.signOut();
  const back = redirectTo(context, SIGNED_OUT_URI);
  const url = await source.signOutUrl({ returnTo: SIGNED_OUT_URI });
  expect(url.searchParams.get("id_token_hint")).toMatch(/^ey/);
  const page = await open(context, url);
  await page.locator("button[name=logout]").click();
  await back;
  const silent = await source.signInUrl({ parameters: { prompt: "none" } });
  const refusal = redirectTo(context, REDIRECT_URI);
  // No server listens where it leads.
  await open(context, silent).catch(() => undefined);
  await expect(source.finishSignIn((await refusal).url())).rejects.toMatchObject({
    kind: "final",
    reason: "interaction_required",
    message: "the provider answered login_required",
  });
  await context.close();
});

const SECRETS = notEmpty([
  { client: CLIENTS.web, method: undefined },
  { client: CLIENTS.web, method: "client_secret_basic" },
  { client: CLIENTS.posting, method: "client_secret_post" },
  { client: CLIENTS.hashing, method: "client_secret_jwt" },
] as const);

test.each(SECRETS)(
  "a secret of all kinds of signs is taken: $client.id, $method",
  async ({ client, method }) => {
    const source = clientCredentials({
      issuer: provider.issuer,
      clientId: client.id,
      proof: { kind: "secret", secret: client.secret, method },
      resource: RESOURCE,
    });
    const grant = await source.acquire?.(new AbortController().signal);
    expect(decodeJwt(grant?.accessToken ?? "")).toMatchObject({ aud: RESOURCE, client_id: client.id });
  },
);
