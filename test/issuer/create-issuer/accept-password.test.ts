import { Code } from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import { createIssuer } from "../../../server/issuer/src/create-issuer.ts";
import type {
  AcceptPassword,
  ProposedPassword,
} from "../../../server/issuer/src/credentials/password-rule.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";
import { ADA, inFolder, serve, signIn } from "./own-issuer.ts";

const CHANGE = { currentPassword: ADA.password, newPassword: "battery staple" };
const REFUSED = { name: "AccountError", reason: "PASSWORD_REFUSED" };

/** An issuer with an account and a rule of its own, which is asked from then on. */
async function open(rule: AcceptPassword) {
  const folder = await createTemporaryFolder();
  const asked: ProposedPassword[] = [];
  let accept: AcceptPassword = () => undefined;
  const acceptPassword: AcceptPassword = (proposed) => accept(proposed);
  const issuer = await createIssuer(inFolder(folder.path, { acceptPassword }));
  await issuer.accounts.create(ADA);
  accept = (proposed) => {
    asked.push(proposed);
    return rule(proposed);
  };
  const server = serve(issuer);
  return {
    asked,
    issuer,
    change: async (change: Partial<typeof CHANGE>) =>
      server.client.changePassword({ ...CHANGE, ...change }, await signIn(server)),
    async [Symbol.asyncDispose]() {
      await issuer.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const noStaples: AcceptPassword = ({ password }) =>
  password.includes("staple") ? "must not have staples" : undefined;
const rules: readonly { readonly name: string; readonly rule: AcceptPassword }[] = [
  { name: "at once", rule: noStaples },
  { name: "later", rule: async (proposed) => noStaples(proposed) },
];

describe.each(rules)("a rule for passwords that decides $name", ({ rule }) => {
  test("is asked for new accounts and new passwords", async () => {
    await using server = await open(rule);
    const { accounts } = server.issuer;
    const eve = { ...ADA, username: "Eve" };
    await expect(accounts.create({ ...eve, password: "battery staple" })).rejects.toMatchObject({
      ...REFUSED,
      message: "must not have staples",
    });
    expect(await accounts.find("eve")).toBeUndefined();
    await accounts.create(eve);
    await expect(accounts.setPassword("EVE", "battery staple")).rejects.toMatchObject(REFUSED);
    await accounts.setPassword("EVE", "battery clips");
    expect(server.asked.map(({ username }) => username)).toEqual(["eve", "eve", "eve", "eve"]);
  });

  test("is asked when users replace their own, and tells them why not", async () => {
    await using server = await open(rule);
    await expect(server.change({})).rejects.toMatchObject({
      code: Code.InvalidArgument,
      rawMessage: "new_password: must not have staples",
    });
    await server.change({ newPassword: "battery clips" });
    expect(server.asked).toEqual([
      { password: "battery staple", username: "ada" },
      { password: "battery clips", username: "ada" },
    ]);
  });
});

test("a rule for passwords is not asked before the current one is proven, or the other rule holds", async () => {
  await using server = await open(noStaples);
  await expect(server.change({ currentPassword: "wrong horse" })).rejects.toMatchObject({
    code: Code.Unauthenticated,
  });
  await expect(server.change({ newPassword: "staple" })).rejects.toMatchObject({
    code: Code.InvalidArgument,
  });
  await expect(server.issuer.accounts.setPassword("ada", "staple")).rejects.toMatchObject(REFUSED);
  expect(server.asked).toEqual([]);
});

const unclear: readonly unknown[] = [true, false, null, 0, { reason: "weak" }];
test.each(unclear)("a rule for passwords that answers %j refuses", async (answer) => {
  await using server = await open((() => answer) as AcceptPassword);
  await expect(server.issuer.accounts.setPassword("ada", "battery staple")).rejects.toThrow(TypeError);
  await expect(server.change({})).rejects.toMatchObject({ code: Code.Internal });
  await expect(
    server.change({ currentPassword: "battery staple", newPassword: "a clip box" }),
  ).rejects.toMatchObject({ code: Code.Unauthenticated });
});

test("a rule for passwords that answers with no text, or fails, refuses", async () => {
  await using server = await open(({ password }) => {
    if (password.includes("clip")) {
      throw new Error("the list of known passwords cannot be read");
    }
    return "";
  });
  const { accounts } = server.issuer;
  await expect(accounts.setPassword("ada", "battery staple")).rejects.toMatchObject({
    ...REFUSED,
    message: "the password is not accepted",
  });
  await expect(accounts.setPassword("ada", "a clip box")).rejects.toThrow("cannot be read");
});
