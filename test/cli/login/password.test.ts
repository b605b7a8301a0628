import { chmod, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { age, startProcessServer } from "../../sdk/node/processes.ts";
import { startFakeProvider } from "../../sdk/oidc/fake-provider.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { createLoginUser } from "./logged-in.ts";

describe("countersign login", () => {
  test("keeps the tokens for their owner only, and token print prints one", async () => {
    await using server = await startProcessServer();
    await using user = await createLoginUser();
    const { code, out, err } = await user.login(server.baseUrl, "demo", { args: ["--json"] });
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const { directory, ...facts } = JSON.parse(out);
    expect(facts).toMatchObject({ server: server.baseUrl, user: "demo", clientId: null, encrypted: false });
    const entries = await readdir(user.folder, { recursive: true, withFileTypes: true });
    for (const entry of notEmpty(entries)) {
      const { mode } = await stat(join(entry.parentPath, entry.name));
      expect(mode & 0o777, entry.name).toBe(entry.isDirectory() ? 0o700 : 0o600);
    }
    expect((await readdir(directory)).length).toBe(1);
    expect(await user.run("token", "print")).toEqual({ code: 0, out: "access-1", err: "" });
    const printed = JSON.parse((await user.run("token", "print", "--json")).out);
    expect(printed).toMatchObject({ token: "access-1", server: server.baseUrl, user: "demo" });
    expect(printed.expires).toBe(facts.expires);
  });

  test("ends the session that it takes the place of", async () => {
    await using server = await startProcessServer();
    await using user = await createLoginUser();
    await user.login(server.baseUrl, "demo");
    await user.login(`${server.baseUrl}/`, "demo");
    expect((await user.run("token", "print")).out).toBe("access-2");
    await expect.poll(() => server.server.counts().signOuts).toBe(1);
    expect((await user.run("token", "list")).out.split("\n")).toHaveLength(2);
  });

  test("leaves nothing behind when the server refuses, and shows no password", async () => {
    await using server = await startProcessServer();
    await using user = await createLoginUser();
    const { code, out, err } = await user.login(server.baseUrl, "demo", { password: "hunter2" });
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toContain(`${server.baseUrl} does not sign you in: `);
    expect(err).not.toContain("hunter2");
    expect(await readdir(user.folder)).toEqual([]);
  });

  test("says what is wrong when no Countersign server is there", async () => {
    await using user = await createLoginUser();
    const { code, err } = await user.login("http://127.0.0.1:1", "demo");
    expect(code).toBe(1);
    expect(err).toContain("http://127.0.0.1:1 cannot be used to sign in: ");
    expect(err).toContain("ECONNREFUSED");
  });

  test("has no terminal obey what a server says", async () => {
    const message = "a\u001b[2J\nb";
    const signIn = () => ({ status: 401, body: { code: "unauthenticated", message } });
    await using server = await startFakeProvider({ "/countersign.auth.v1.SessionService/SignIn": signIn });
    await using user = await createLoginUser();
    const { err } = await user.login(server.issuer, "demo");
    expect(err).toContain(`SessionService at ${server.issuer}: a\\u001b[2J b. With --user`);
  });

  test("says where tokens cannot be kept, and keeps no session at the server", async () => {
    await using server = await startProcessServer();
    await using user = await createLoginUser();
    await writeFile(join(user.folder, "countersign"), "a file in the way");
    const { code, err } = await user.login(server.baseUrl, "demo");
    expect(code).toBe(1);
    expect(err).toContain(`the tokens cannot be kept in ${user.folder}/countersign/logins/`);
    expect(err).toContain("ENOTDIR");
    expect(server.server.counts()).toMatchObject({ signIns: 1, signOuts: 1 });
  });

  const url = "https://auth.example.com";
  test.each([
    [[url], "give --user NAME to sign in at a Countersign server, or --client-id ID at an OpenID provider"],
    [[url, "--user", "a", "--client-id", "b"], "give --user NAME to sign in"],
    [[url, "--user", "a", "--audience", "b"], "--audience goes with --client-id"],
    [
      ["http://auth.example.com", "--user", "a"],
      "passwords and tokens would go to http://auth.example.com in",
    ],
    [["https://a:hunter2@auth.example.com", "--user", "a"], "the URL has a name or a password in it"],
    [["auth.example.com", "--user", "a"], '"auth.example.com" is no URL'],
    [[], "it needs a URL"],
  ])("refuses %j with a sentence", async (args, sentence) => {
    await using user = await createLoginUser();
    const { code, err } = await user.run("login", ...args);
    expect(code).toBe(2);
    expect(err).toContain(sentence);
    expect(err).not.toContain("hunter2");
  });
});

describe("countersign token print", () => {
  test("refreshes a token that has less than a minute left", async () => {
    await using server = await startProcessServer();
    await using user = await createLoginUser();
    const { directory } = JSON.parse((await user.login(server.baseUrl, "demo", { args: ["--json"] })).out);
    await age(directory);
    expect(await user.run("token", "print")).toEqual({ code: 0, out: "access-2", err: "" });
    expect(await user.run("token", "print")).toEqual({ code: 0, out: "access-2", err: "" });
    expect(server.server.counts()).toMatchObject({ refreshes: 1, rotations: 1 });
  });

  test("takes the last login, or that of a server and a user", async () => {
    await using one = await startProcessServer();
    await using other = await startProcessServer();
    await using user = await createLoginUser();
    await user.login(one.baseUrl, "ada");
    await user.login(other.baseUrl, "ada");
    await user.login(one.baseUrl, "demo");
    const userOf = async (...args: string[]) => {
      const { server, user: name } = JSON.parse((await user.run("token", "print", "--json", ...args)).out);
      return [server, name];
    };
    expect(await userOf()).toEqual([one.baseUrl, "demo"]);
    expect(await userOf(`${other.baseUrl}/`)).toEqual([other.baseUrl, "ada"]);
    expect(await userOf(one.baseUrl, "--user", "ada")).toEqual([one.baseUrl, "ada"]);
    const { out } = await user.run("token", "list", "--json");
    expect(JSON.parse(out).map((row: Record<string, unknown>) => [row.server, row.user])).toEqual([
      [one.baseUrl, "demo"],
      [other.baseUrl, "ada"],
      [one.baseUrl, "ada"],
    ]);
  });

  test("exits with 4 and says how to sign in when there is no login, or it has ended", async () => {
    await using server = await startProcessServer();
    await using user = await createLoginUser();
    const none = await user.run("token", "print", server.baseUrl);
    expect(none).toMatchObject({ code: 4, out: "" });
    expect(none.err).toContain(`you are not signed in at ${server.baseUrl}. Sign in with: countersign login`);
    const { directory } = JSON.parse((await user.login(server.baseUrl, "demo", { args: ["--json"] })).out);
    server.server.revoke("revoked");
    await age(directory);
    for (let count = 0; count < 2; count += 1) {
      expect(await user.run("token", "print")).toEqual({
        code: 4,
        out: "",
        err: `countersign token print: the login of demo at ${server.baseUrl} has ended. Sign in again: countersign login ${server.baseUrl} --user demo`,
      });
    }
  });

  test("exits with 1 while the server cannot be reached, unless a token has a moment left, and the login is kept", async () => {
    await using user = await createLoginUser();
    let directory = "";
    {
      await using server = await startProcessServer();
      ({ directory } = JSON.parse((await user.login(server.baseUrl, "demo", { args: ["--json"] })).out));
    }
    expect(await user.run("token", "print")).toEqual({ code: 0, out: "access-1", err: "" });
    await age(directory);
    const { code, out, err } = await user.run("token", "print");
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(/gives no new token now: .*ECONNREFUSED.*Try again in \d+s\. The login is kept$/);
    const again = await user.run("token", "print");
    expect(again.code).toBe(1);
    expect(again.err).toContain(
      "gives no new token now: a refresh has failed just now, and the next one must wait.",
    );
    // A token that lasts a moment is better than none.
    await age(directory, -30_000);
    const last = await user.run("token", "print");
    expect(last).toMatchObject({ code: 0, out: "access-1" });
    expect(last.err).toMatch(
      /^The token ends at \S+Z, and there is no newer one: a refresh has failed just now/,
    );
  });
});

test("tokens that others may have changed are no sign that a login has ended: they are not used, and not removed", async () => {
  await using server = await startProcessServer();
  await using user = await createLoginUser();
  const { directory } = JSON.parse((await user.login(server.baseUrl, "demo", { args: ["--json"] })).out);
  await chmod(directory, 0o777);
  for (const command of [["token", "print"], ["logout"]]) {
    const { code, out, err } = await user.run(...command);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toContain(`the tokens cannot be read: ${directory} can be changed`);
  }
  await chmod(directory, 0o700);
  expect(await user.run("logout")).toMatchObject({ code: 0 });
  expect(server.server.counts().signOuts).toBe(1);
});

describe("countersign logout", () => {
  test("ends the last login at the server and here, or all", async () => {
    await using server = await startProcessServer();
    await using user = await createLoginUser();
    for (const name of ["ada", "eve", "demo"]) {
      await user.login(server.baseUrl, name);
    }
    const last = await user.run("logout");
    expect(last).toEqual({ code: 0, out: `Signed out at ${server.baseUrl} as demo.`, err: "" });
    expect(server.server.counts().signOuts).toBe(1);
    const all = await user.run("logout", "--all", "--json");
    expect(JSON.parse(all.out)).toMatchObject([
      { user: "eve", revoked: true },
      { user: "ada", revoked: true },
    ]);
    expect(server.server.counts().signOuts).toBe(3);
    expect(await readdir(join(user.folder, "countersign/logins"))).toEqual([]);
    expect(await user.run("logout")).toMatchObject({ code: 4 });
    expect(await user.run("logout", "--all", server.baseUrl)).toMatchObject({ code: 2 });
  });

  test("removes the tokens where the server cannot be reached, and says that its session goes on", async () => {
    await using user = await createLoginUser();
    {
      await using server = await startProcessServer();
      await user.login(server.baseUrl, "demo");
    }
    const { code, out, err } = await user.run("logout");
    expect({ code, out }).toEqual({ code: 1, out: expect.stringContaining("Signed out at ") });
    expect(err).toContain("the session goes on until it expires at http://127.0.0.1");
    expect(await readdir(join(user.folder, "countersign/logins"))).toEqual([]);
  });
});
