import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { DEMO_ACCOUNTS, openDemo } from "@countersign/demo";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { TrialService } from "@countersign/gen/countersign/demo/v1/trials_pb.js";
import { createIssuer, type Issuer } from "@countersign/issuer";
import { buildRequestListener, type Listener, listen } from "@countersign/node";
import { createAuth } from "@countersign/server";
import { expect, test } from "vitest";
import { clientOf, signIn } from "../support/rpc.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";

const NAMED = { url: "https://issuer.test", audience: "notes" };

/** An issuer and the demo beside it, put together as the README shows it. */
interface Served extends AsyncDisposable {
  readonly issuer: Issuer;
  readonly listener: Listener;
}

async function serveDemo(folder: string): Promise<Served> {
  await using stack = new AsyncDisposableStack();
  const store = { sqlite: join(folder, "auth.db") };
  const issuer = stack.use(await createIssuer({ ...NAMED, store, secret: randomBytes(32) }));
  const demo = stack.use(await openDemo({ issuer, store }));
  const auth = createAuth({
    routes(router) {
      issuer.routes(router);
      demo.routes(router);
    },
    issuers: [issuer.trust],
    audience: NAMED.audience,
  });
  const listener = await listen(buildRequestListener({ ...auth, pages: demo.pages }), { port: 0 });
  stack.defer(() => listener.close(0));
  const kept = stack.move();
  return { issuer, listener, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

test("its accounts sign in at the issuer that it stands beside, each has its own notes, and admins count all", async () => {
  await using folder = await createTemporaryFolder();
  await using served = await serveDemo(folder.path);
  const baseUrl = served.listener.origin;
  const tokens = new Map<string, string>();
  for (const account of DEMO_ACCOUNTS) {
    const { accessToken: token, scopes } = await signIn(baseUrl, account);
    expect(scopes.toSorted()).toEqual(account.scopes);
    const notes = clientOf(NotesService, { baseUrl, token });
    expect((await notes.listNotes({})).notes).toEqual([]);
    await notes.createNote({ title: account.username });
    expect((await notes.listNotes({})).notes.map(({ title }) => title)).toEqual([account.username]);
    tokens.set(account.username, token);
  }
  const trialsOf = (username: string) =>
    clientOf(TrialService, { baseUrl, token: tokens.get(username) ?? "" });
  await expect(trialsOf("demo").countNotes({})).rejects.toThrow("none of the roles that the method needs");
  expect(await trialsOf("admin").countNotes({})).toMatchObject({ notes: 2n, owners: 2n });
  expect(await trialsOf("demo").startForgotten({})).toMatchObject({
    started: false,
    error: expect.stringContaining("countersign.demo.v1.ForgottenService/PayOut has no access rule"),
  });
});

test("makes its accounts once, and leaves them as the operator has changed them", async () => {
  await using folder = await createTemporaryFolder();
  await using served = await serveDemo(folder.path);
  const { accounts } = served.issuer;
  const before = await accounts.list();
  expect(before.map(({ username }) => username)).toEqual(["admin", "demo"]);
  await accounts.disable("admin");
  await using _again = await openDemo({
    issuer: served.issuer,
    store: { sqlite: join(folder.path, "auth.db") },
  });
  const after = await accounts.list();
  expect(after.map(({ subject }) => subject)).toEqual(before.map(({ subject }) => subject));
  expect(after.map(({ disabledAtMs }) => disabledAtMs !== undefined)).toEqual([true, false]);
});

test("makes each account once when several demos open at the same time", async () => {
  await using folder = await createTemporaryFolder();
  const store = { sqlite: join(folder.path, "auth.db") };
  await using issuer = await createIssuer({ ...NAMED, store, secret: randomBytes(32) });
  const demos = await Promise.all(Array.from({ length: 3 }, () => openDemo({ issuer, store })));
  expect((await issuer.accounts.list()).map(({ username }) => username)).toEqual(["admin", "demo"]);
  for (const demo of demos) {
    await demo[Symbol.asyncDispose]();
  }
});
