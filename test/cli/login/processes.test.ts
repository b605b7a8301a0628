import { fileURLToPath } from "node:url";
import { createFileStore } from "@countersign/sdk/node";
import { oidc } from "@countersign/sdk/oidc";
import type { SignedInEntry } from "@countersign/sdk/store";
import { expect, test } from "vitest";
import { createLogins, loginFolderOf } from "../../../server/cli/src/login/logins.ts";
import { openSession } from "../../../server/cli/src/login/open-session.ts";
import { age, startProcessServer } from "../../sdk/node/processes.ts";
import { createTabStorage } from "../../sdk/oidc/fake-provider.ts";
import { CLIENTS, REDIRECT_URI, startLiveProvider } from "../../sdk/oidc/live-provider.ts";
import { bundleProgram } from "../../support/bundled-program.ts";
import { startProgram } from "../../support/program.ts";
import { submitForms } from "../../support/submit-forms.ts";
import { createLoginUser, type LoginUser } from "./logged-in.ts";

const MAIN = fileURLToPath(new URL("../../../server/cli/src/main.ts", import.meta.url));
const PROCESSES = 3;

/** Start `countersign token print` in a process of its own. */
async function startPrinting({ env }: LoginUser) {
  const args = [await bundleProgram(MAIN), "token", "print"];
  return startProgram({ file: process.execPath, args, env: { ...env, PATH: "" } });
}

/** Print in several processes at once. @returns what all of them print */
async function printAtOnce(user: LoginUser): Promise<string> {
  const programs = await Promise.all(Array.from({ length: PROCESSES }, () => startPrinting(user)));
  const results = await Promise.all(programs.map(({ ended }) => ended));
  expect(results.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
    Array.from({ length: PROCESSES }, () => ({ code: 0, stderr: "" })),
  );
  const printed = new Set(results.map(({ stdout }) => stdout));
  expect(printed.size).toBe(1);
  return [...printed].join();
}

test("processes that print at once share one refresh, also when one was killed before its answer came", async () => {
  await using server = await startProcessServer();
  await using user = await createLoginUser();
  const { directory } = JSON.parse((await user.login(server.baseUrl, "demo", { args: ["--json"] })).out);
  await age(directory);
  const refreshed = Promise.withResolvers<void>();
  server.server.afterRefresh((attempt) => {
    refreshed.resolve();
    return attempt === 1 ? new Promise(() => undefined) : undefined;
  });
  await using killed = await startPrinting(user);
  await refreshed.promise;
  await killed.end("SIGKILL");
  expect(await printAtOnce(user)).toBe("access-2\n");
  expect(server.server.counts()).toMatchObject({ rotations: 1, signIns: 1 });
});

test("processes share one refresh at a provider, also when one was killed before its request was served", async () => {
  await using provider = await startLiveProvider({});
  await using user = await createLoginUser();
  const directory = await seedLogin(user, provider.issuer);
  await age(directory);
  const held = provider.holdRequests(true);
  await using killed = await startPrinting(user);
  await held;
  await killed.end("SIGKILL");
  void provider.holdRequests(false);
  await forgetWhen(directory);
  const before = provider.tokenRequests();
  const token = await printAtOnce(user);
  expect(token).toMatch(/^\S{20,}\n$/);
  expect(provider.tokenRequests()).toBe(before + 1);
  expect((await user.run("logout")).code).toBe(0);
});

/** Make a login of the provider's client for browsers: no process has to wait for a user. @returns its directory */
async function seedLogin(user: LoginUser, issuer: string): Promise<string> {
  const scopes = ["openid", "offline_access"];
  const record = {
    ...{ server: issuer, user: "user", signedInAtMs: Date.now() },
    provider: { clientId: CLIENTS.app, scopes },
  };
  const logins = createLogins(loginFolderOf(user.env));
  const storage = createTabStorage();
  const source = oidc({ issuer, clientId: CLIENTS.app, redirectUri: REDIRECT_URI, scopes, storage });
  const { href } = await source.signInUrl();
  const callback = await submitForms(href, (url) => url.startsWith(REDIRECT_URI));
  const directory = logins.directoryOf(record);
  using open = openSession(record, { directory, secret: undefined });
  await open.session.begin(() => source.finishSignIn(callback));
  await logins.save(record);
  return directory;
}

/** Have a refresh that was begun count as given up: others wait for it until then, since a provider answers it once. */
async function forgetWhen(directory: string): Promise<void> {
  const store = createFileStore({ directory });
  const entry = (await store.read()) as SignedInEntry; // it is signed in
  expect(entry.intent).toBeDefined();
  const intent = entry.intent && { ...entry.intent, startedAtMs: entry.startedAtMs };
  expect(await store.compareAndSet(entry.revision, { ...entry, revision: "later", intent })).toBe(true);
}
