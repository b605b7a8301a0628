import { generateKeyPairSync } from "node:crypto";
import { createSession, fromFunction, type SessionEvent, TokenSourceError } from "@countersign/sdk";
import { clientCredentials, oidc } from "@countersign/sdk/oidc";
import { createFakeClock, type FakeClock } from "@countersign/sdk/testing";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCommand } from "../../../server/cli/src/run-command.ts";
import { recordingTerminal } from "../../cli/recording-terminal.ts";
import { launchBrowser } from "../../support/browser.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";
import { pass, settle } from "../kit.ts";
import { CLIENTS, type LiveProvider, REDIRECT_URI, startLiveProvider } from "./live-provider.ts";

const HOUR_MS = 3_600_000;
const baseUrl = "https://api.example";
let browser: Browser;
let provider: LiveProvider;
const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });

beforeAll(async () => {
  const jwk = { ...keys.publicKey.export({ format: "jwk" }), kid: "tests" };
  [browser, provider] = await Promise.all([launchBrowser(), startLiveProvider(jwk)]);
});
afterAll(async () => {
  await browser.close();
  await provider[Symbol.asyncDispose]();
});

/** Sign in on the provider's own pages, as a user does. */
async function consent(page: Page): Promise<void> {
  await page.locator("input[name=login]").fill("user");
  await page.locator("input[name=password]").fill("anything");
  await page.locator("button[type=submit]").click();
  await page.locator("button[type=submit]").click();
}

function createStorage(): Storage {
  const items = new Map<string, string>();
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  } as Storage;
}

async function signInWithCode(clock: FakeClock) {
  const source = oidc({
    issuer: provider.issuer,
    clientId: CLIENTS.app,
    redirectUri: REDIRECT_URI,
    scopes: ["openid", "offline_access"],
    storage: createStorage(),
  });
  const session = createSession({ baseUrl, source, clock });
  const events: SessionEvent[] = [];
  session.on((event) => events.push(event));
  const page = await browser.newPage();
  const callback = page.waitForRequest((request) => request.url().startsWith(REDIRECT_URI));
  await page.route(`${REDIRECT_URI}**`, (route) => route.fulfill({ body: "back" }));
  await page.goto((await source.signInUrl()).href);
  await consent(page);
  const callbackUrl = (await callback).url();
  await session.begin(() => source.finishSignIn(callbackUrl));
  await page.close();
  return { source, session, events, callbackUrl };
}

test("signs in with a redirect and PKCE, refreshes, and signs out", async () => {
  const clock = createFakeClock();
  const { source, session, callbackUrl } = await signInWithCode(clock);
  const first = await session.token();
  expect(session.getSnapshot()).toMatchObject({ status: "signed_in", scopes: ["openid", "offline_access"] });
  clock.advance(HOUR_MS / 6);
  const second = await session.token();
  expect(second).not.toBe(first);
  expect(session.getSnapshot().generation).toBe(2);
  expect(await session.signOut()).toEqual({ revoked: true });
  await expect(session.token()).rejects.toThrow("signed out");
  await expect(session.begin(() => source.finishSignIn(callbackUrl))).rejects.toThrow("no sign-in was begun");
});

test("row 7: when a provider's answer is lost, the next refresh ends the session, and nothing is anonymous", async () => {
  const clock = createFakeClock();
  const { session, events } = await signInWithCode(clock);
  clock.advance(HOUR_MS / 6);
  provider.loseAnswers(true);
  const before = provider.tokenRequests();
  await expect(session.token()).rejects.toThrow("refresh unavailable");
  provider.loseAnswers(false);
  expect(provider.tokenRequests()).toBe(before + 1);
  expect(session.getSnapshot()).toMatchObject({ status: "signed_in", degraded: true });
  clock.advance(60_000);
  const result = await pass(clock, session.token());
  expect(result.status === "rejected" && String(result.reason)).toContain("signed out");
  await settle();
  expect(events.at(-1)).toEqual({ type: "signed_out", reason: "revoked" });
});

test("signs in on a device, in a program and with the command", async () => {
  // Beside the program: the provider has both wait for five seconds.
  const loggedIn = logIn();
  const source = oidc({
    issuer: provider.issuer,
    clientId: CLIENTS.device,
    scopes: ["openid", "offline_access"],
  });
  const session = createSession({ baseUrl, source });
  const page = await browser.newPage();
  await session.begin(() =>
    source.signInOnDevice({
      onCode({ completeUrl, userCode }) {
        expect(completeUrl).toContain(userCode);
        void letIn(page, completeUrl ?? "");
      },
    }),
  );
  expect(session.getSnapshot().status).toBe("signed_in");
  expect(await session.token()).not.toBe("");
  await page.close();
  await loggedIn;
});

/** Sign in with `countersign login`, and out again. */
async function logIn(): Promise<void> {
  await using folder = await createTemporaryFolder();
  await using page = await browser.newPage();
  const recording = recordingTerminal({ env: { XDG_CONFIG_HOME: folder.path } });
  const terminal = {
    ...recording,
    warn(line: string) {
      const url = /^or open (.*)/.exec(line)?.[1];
      void (url === undefined ? recording.warn(line) : letIn(page, url));
    },
  };
  const run = (...args: string[]) => runCommand(args, terminal);
  expect(await run("login", provider.issuer, "--client-id", CLIENTS.device)).toBe(0);
  expect(recording.printed.at(-1)).toContain(`Signed in at ${provider.issuer} as user. `);
  expect(await run("token", "print")).toBe(0);
  expect(recording.printed.at(-1)).toMatch(/^\S{20,}$/);
  expect(await run("logout")).toBe(0);
  expect(await run("token", "print")).toBe(4);
}

async function letIn(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.locator("button[type=submit]").first().click();
  await consent(page);
}

test("stops waiting for a device when the signal aborts", async () => {
  const source = oidc({ issuer: provider.issuer, clientId: CLIENTS.device });
  const controller = new AbortController();
  const tokens = source.signInOnDevice({
    onCode: () => controller.abort(new Error("enough")),
    signal: controller.signal,
  });
  await expect(tokens).rejects.toThrow("enough");
});

const PROOFS = [
  {
    name: "a secret",
    clientId: CLIENTS.service.id,
    proof: () => ({ kind: "secret", secret: CLIENTS.service.secret }) as const,
  },
  {
    name: "a private key",
    clientId: CLIENTS.signing,
    proof: async () => ({ kind: "private_key", key: await signingKey(), keyId: "tests" }) as const,
  },
];

function signingKey(): Promise<CryptoKey> {
  const pkcs8 = keys.privateKey.export({ format: "der", type: "pkcs8" });
  return crypto.subtle.importKey("pkcs8", pkcs8, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
}

test.each(PROOFS)("a client with $name signs itself in when it is used", async ({ clientId, proof }) => {
  const clock = createFakeClock();
  const source = clientCredentials({
    issuer: provider.issuer,
    clientId,
    proof: await proof(),
    scopes: ["notes:read"],
  });
  const session = createSession({ baseUrl, source, clock });
  const before = provider.tokenRequests();
  const tokens = await Promise.all([session.token(), session.token()]);
  expect(tokens[0]).toBe(tokens[1]);
  expect(provider.tokenRequests()).toBe(before + 1);
  clock.advance(HOUR_MS / 6);
  expect(await session.token()).not.toBe(tokens[0]);
  await expect(session.signIn({ username: "a", password: "b" })).rejects.toThrow("has no signIn");
});

test("a wrong secret is said loudly and asked for once", async () => {
  const proof = { kind: "secret", secret: "wrong" } as const;
  const source = clientCredentials({ issuer: provider.issuer, clientId: CLIENTS.service.id, proof });
  const session = createSession({ baseUrl, source, clock: createFakeClock() });
  const before = provider.tokenRequests();
  await expect(session.token()).rejects.toThrow("the provider does not accept the client");
  await expect(session.token()).rejects.toThrow("refresh unavailable");
  expect(provider.tokenRequests()).toBe(before + 1);
});

test("a function is asked for tokens, again when they are old, and may end the session", async () => {
  const clock = createFakeClock();
  let asked = 0;
  const source = fromFunction(
    () => {
      asked += 1;
      if (asked === 3) {
        throw new TokenSourceError("final", "gone");
      }
      return Promise.resolve(`token-${asked}`);
    },
    { lifetimeMs: 10_000 },
  );
  const session = createSession({ baseUrl, source, clock });
  expect([await session.token(), await session.token()]).toEqual(["token-1", "token-1"]);
  clock.advance(10_000);
  expect(await session.token()).toBe("token-2");
  clock.advance(10_000);
  await expect(session.token()).rejects.toThrow("signed out");
  expect(session.getSnapshot().status).toBe("signed_out");
});
