import { expect, it } from "vitest";
import { createAccounts } from "../../../server/issuer/src/credentials/accounts.ts";
import { createPasswords } from "../../../server/issuer/src/credentials/password.ts";
import type { Store } from "../../../server/issuer/src/store/database.ts";
import type { HashReplacement } from "../../../server/issuer/src/store/password-replacement.ts";
import { replaceHash as replaceInStore } from "../../../server/issuer/src/store/password-replacement.ts";
import { createPasswordServer } from "../../support/password-sign-ins.ts";
import { describeStores } from "../../support/stores.ts";
import { createWallClock } from "../../support/test-clock.ts";

const ada = {
  username: "Ada",
  password: "correct horse",
  scopes: ["notes:read", "notes:read"],
  roles: ["admin"],
};
const wrong = { reason: "CREDENTIALS_INVALID", message: "the username or the password is wrong" };

function start(store: Store) {
  const clock = createWallClock();
  const passwords = createPasswords({ memoryKib: 64, passes: 1 });
  const ended: unknown[] = [];
  const sessions = { end: async (end: unknown) => ended.push(end) };
  const events: unknown[] = [];
  const audit = { record: (event: unknown) => void events.push(event) };
  const replaceHash = async (replacement: HashReplacement) => {
    const reason = "password_changed";
    ended.push({ where: replacement.endsSessions, reason });
    await replaceInStore(store, replacement, { reason, nowMs: clock.nowMs() });
    return [];
  };
  const accounts = createAccounts({ store, clock, passwords, sessions, replaceHash, audit });
  const { signIn } = createPasswordServer({ store, clock, passwords });
  return { clock, passwords, accounts, replaceHash, signIn, ended, events };
}

describeStores("accounts", (open) => {
  it("let in who knows the password, however the name is written", async () => {
    await using store = await open();
    const { accounts, signIn } = start(store);
    const { subject } = await accounts.create(ada);
    expect(subject).toMatch(/^usr_[\w-]{22}$/);
    for (const username of ["ada", "ADA", "\uff41da"]) {
      expect(await signIn({ username, password: ada.password })).toMatchObject({
        subject,
        username: "ada",
        scopes: ["notes:read"],
        roles: ["admin"],
      });
    }
  });

  it("answer a wrong password and an unknown name alike", async () => {
    await using store = await open();
    const { accounts, signIn } = start(store);
    await accounts.create(ada);
    for (const input of [
      { username: "ada", password: "wrong horse" },
      { username: "eve", password: ada.password },
      { username: "ada", password: "x".repeat(1_025) },
      { username: "x".repeat(257), password: "x" },
    ]) {
      await expect(signIn(input)).rejects.toMatchObject(wrong);
    }
  });

  it("slow down guessing, even side by side, and for unknown names too", async () => {
    await using store = await open();
    const { clock, accounts, signIn } = start(store);
    await accounts.create(ada);
    for (const username of ["ada", "eve"]) {
      const guesses = Array.from({ length: 20 }, (_, n) => signIn({ username, password: `guess ${n}` }));
      const reasons = (await Promise.allSettled(guesses)).map((guess) =>
        guess.status === "rejected" ? guess.reason.reason : "in",
      );
      const tried = reasons.filter((reason) => reason === "CREDENTIALS_INVALID").length;
      expect(tried).toBeGreaterThanOrEqual(5);
      expect(tried).toBeLessThanOrEqual(6);
      expect(reasons.filter((reason) => reason === "RATE_LIMITED")).toHaveLength(20 - tried);
    }
    await expect(signIn(ada)).rejects.toMatchObject({ reason: "RATE_LIMITED" });
    clock.advance(2_000);
    await expect(signIn(ada)).resolves.toMatchObject({ username: "ada" });
  });

  it("are refused when disabled, and end their sessions", async () => {
    await using store = await open();
    const { accounts, signIn, ended } = start(store);
    const { subject } = await accounts.create(ada);
    await accounts.disable("ADA");
    await expect(signIn(ada)).rejects.toMatchObject(wrong);
    await accounts.enable("ada");
    await expect(signIn(ada)).resolves.toMatchObject({ subject });
    expect(ended).toEqual([{ where: { subject }, reason: "account_disabled" }]);
  });

  it("take a new password, and end their sessions", async () => {
    await using store = await open();
    const { accounts, signIn, ended } = start(store);
    const { subject } = await accounts.create(ada);
    await accounts.setPassword("ada", "battery staple");
    await expect(signIn(ada)).rejects.toMatchObject(wrong);
    await expect(signIn({ username: "ada", password: "battery staple" })).resolves.toMatchObject({ subject });
    expect(ended).toEqual([{ where: { subject }, reason: "password_changed" }]);
  });

  it("have the scopes and roles that they are changed to, and keep what is not named", async () => {
    await using store = await open();
    const { accounts, ended, events } = start(store);
    const account = await accounts.create(ada);
    const { subject } = account;
    expect(await accounts.update("ADA", { scopes: ["a", "b", "a"] })).toEqual({
      ...{ ...account, scopes: ["a", "b"] },
    });
    expect(await accounts.update("ada", { roles: [] })).toEqual({
      ...account,
      scopes: ["a", "b"],
      roles: [],
    });
    expect(ended).toEqual([]);
    await accounts.update("ada", { scopes: [], revokeSessions: true });
    expect(ended).toEqual([{ where: { subject }, reason: "revoked_by_operator" }]);
    await accounts.update("ada", { disabled: true, revokeSessions: true });
    expect(ended.slice(1)).toEqual([{ where: { subject }, reason: "account_disabled" }]);
    expect(await accounts.update("ada", {})).toMatchObject({ scopes: [], disabledAtMs: expect.any(Number) });
    const types = ["account_added", "account_changed", "account_changed", "account_changed"];
    expect(events).toEqual([...types, "account_disabled"].map((type) => ({ type, subject })));
  });

  it("have the claims that they are given, and no other of these once they are changed", async () => {
    await using store = await open();
    const { accounts, events } = start(store);
    const claims = { tenant: "acme", "https://acme.example/plan": { seats: 3, tags: ["a", null, true] } };
    expect((await accounts.create({ ...ada, claims })).claims).toEqual(claims);
    expect((await accounts.find("ada"))?.claims).toEqual(claims);
    expect((await accounts.update("ada", { roles: [] })).claims).toEqual(claims);
    expect((await accounts.update("ada", { claims: { tenant: "other" } })).claims).toEqual({
      tenant: "other",
    });
    expect((await accounts.update("ada", { claims: {} })).claims).toEqual({});
    expect(events).toHaveLength(4);
    for (const bad of [{ sub: "root" }, { n: Number.NaN }]) {
      const refused = { reason: "CLAIMS_INVALID" };
      await expect(accounts.update("ada", { claims: bad })).rejects.toMatchObject(refused);
      await expect(accounts.create({ ...ada, username: "eve", claims: bad })).rejects.toMatchObject(refused);
    }
    expect(await accounts.find("eve")).toBeUndefined();
  });

  it("are handed out without the hash of the password, which a log would keep", async () => {
    await using store = await open();
    const { accounts } = start(store);
    const account = {
      subject: expect.any(String),
      username: "ada",
      scopes: ["notes:read"],
      roles: ["admin"],
      claims: {},
      disabledAtMs: undefined,
      createdAtMs: expect.any(Number),
    };
    const handedOut = [
      await accounts.create(ada),
      await accounts.find("ada"),
      await accounts.update("ada", {}),
      await accounts.update("ada", { roles: ["admin"] }),
      ...(await accounts.list()),
    ];
    expect(handedOut).toStrictEqual(Array.from({ length: 5 }, () => account));
  });

  it("are not changed by bad input, nor are those that are not there", async () => {
    await using store = await open();
    const { accounts } = start(store);
    const account = await accounts.create(ada);
    for (const change of [{ scopes: ["two words"] }, { roles: ["a", ""] }]) {
      await expect(accounts.update("ada", change)).rejects.toThrow("a scope or role");
    }
    expect(await accounts.find("ada")).toEqual(account);
    await expect(accounts.update("eve", { roles: ["admin"] })).rejects.toThrow("there is no such account");
    await expect(accounts.remove("eve")).rejects.toThrow("there is no such account");
  });

  it("are gone when they are removed, and end their sessions; their names can be used again", async () => {
    await using store = await open();
    const { accounts, signIn, ended, events } = start(store);
    const { subject } = await accounts.create(ada);
    await accounts.remove("ADA");
    expect(await accounts.find("ada")).toBeUndefined();
    await expect(signIn(ada)).rejects.toMatchObject(wrong);
    expect(ended).toEqual([{ where: { subject }, reason: "account_removed" }]);
    expect(events).toEqual(["account_added", "account_removed"].map((type) => ({ type, subject })));
    expect((await accounts.create(ada)).subject).not.toBe(subject);
  });

  it("are let in no more, but not gone, when their sessions could not be ended", async () => {
    await using store = await open();
    const { clock, passwords, signIn, replaceHash } = start(store);
    const sessions = { end: () => Promise.reject(new Error("out of reach")) };
    const accounts = createAccounts({ store, clock, passwords, sessions, replaceHash });
    await accounts.create(ada);
    await expect(accounts.remove("ada")).rejects.toThrow("out of reach");
    await expect(signIn(ada)).rejects.toMatchObject(wrong);
    expect(await accounts.find("ada")).toMatchObject({ username: "ada" });
  });

  it("have names of their own", async () => {
    await using store = await open();
    const { accounts } = start(store);
    await accounts.create(ada);
    await expect(accounts.create({ ...ada, username: "ADA" })).rejects.toThrow("the username is taken");
    await accounts.create({ ...ada, username: "bob" });
    expect((await accounts.list()).map(({ username }) => username)).toEqual(["ada", "bob"]);
    await expect(accounts.setPassword("eve", "battery staple")).rejects.toThrow("there is no such account");
  });

  it("are not made from bad input", async () => {
    await using store = await open();
    const { accounts } = start(store);
    for (const [change, message] of [
      [{ username: "" }, "1 to 256 bytes"],
      [{ username: "x".repeat(257) }, "1 to 256 bytes"],
      [{ username: " ada" }, "must not begin or end with a space"],
      [{ username: "a\u0000da" }, "control characters"],
      [{ password: "1234567" }, "at least 8 characters"],
      [{ password: "x".repeat(1_025) }, "a password must not be longer than 1024 bytes"],
      [{ scopes: ["two words"] }, "a scope or role"],
      [{ roles: [""] }, "a scope or role"],
    ] as const) {
      await expect(accounts.create({ ...ada, ...change }), JSON.stringify(change)).rejects.toThrow(message);
    }
    expect(await accounts.list()).toEqual([]);
  });
});
