import { chmod, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Keychain } from "../../../server/cli/src/login/keychain/keychain.ts";
import { createMacosKeychain } from "../../../server/cli/src/login/keychain/macos-keychain.ts";
import type { ToolCall } from "../../../server/cli/src/login/keychain/run-tool.ts";
import { makeSecret } from "../../../server/cli/src/login/session-secret.ts";
import { startProcessServer } from "../../sdk/node/processes.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";
import { createLoginUser, type LoginUser } from "./logged-in.ts";

/** Keeps secrets as `secret-tool` does, in files; its arguments are written down, as other users of a machine can see them. */
const SECRET_TOOL = `#!/bin/sh
for name; do :; done
[ -f "$RING/broken" ] && { echo no bus here >&2; exit 1; }
echo "$@" >>"$RING/seen"
case "$1" in
  store) cat >"$RING/$name" ;;
  lookup) [ ! -f "$RING/$name" ] && exit 1; cat "$RING/$name" ;;
  clear) rm -f "$RING/$name" ;;
esac
`;

/** Make a user whose desktop has a keyring. */
async function createDesktopUser(ring: string, tool = SECRET_TOOL): Promise<LoginUser> {
  await mkdir(join(ring, "bin"));
  await writeFile(join(ring, "bin/secret-tool"), tool);
  await chmod(join(ring, "bin/secret-tool"), 0o700);
  return createLoginUser({ RING: ring, PATH: `${join(ring, "bin")}:${process.env.PATH}` });
}

const secretsIn = async (ring: string): Promise<readonly string[]> =>
  (await readdir(ring)).filter((name) => name.length === crypto.randomUUID().length);

async function filesOf(user: LoginUser): Promise<string> {
  const entries = await readdir(user.folder, { recursive: true, withFileTypes: true });
  const paths = entries.flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name)] : []));
  return (await Promise.all(paths.map((path) => readFile(path, "utf8")))).join("\n");
}

describe("a keyring of the desktop", () => {
  test("has the key of the tokens, until the user signs out", async () => {
    await using ring = await createTemporaryFolder();
    await using server = await startProcessServer();
    await using user = await createDesktopUser(ring.path);
    const { code, out, err } = await user.login(server.baseUrl, "demo");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("The tokens are encrypted with a key of the keyring of the desktop, in ");
    expect(await filesOf(user)).not.toMatch(/access-1|refresh/);
    const [name = ""] = await secretsIn(ring.path);
    const secret = await readFile(join(ring.path, name), "utf8");
    expect(secret).toMatch(/^[0-9a-f]{64}$/);
    expect(await readFile(join(ring.path, "seen"), "utf8")).not.toContain(secret);
    expect(await user.run("token", "print")).toEqual({ code: 0, out: "access-1", err: "" });
    await user.login(server.baseUrl, "demo");
    expect(await secretsIn(ring.path)).toEqual([name]);
    expect(await user.run("logout")).toMatchObject({ code: 0 });
    expect(await secretsIn(ring.path)).toEqual([]);
  });

  test("that has lost the key costs another sign-in, and no more", async () => {
    await using ring = await createTemporaryFolder();
    await using server = await startProcessServer();
    await using user = await createDesktopUser(ring.path);
    await user.login(server.baseUrl, "demo");
    await rm(join(ring.path, (await secretsIn(ring.path))[0] ?? ""));
    const { code, err } = await user.run("token", "print");
    expect(code).toBe(4);
    expect(err).toContain("the keyring of the desktop has lost the key of the tokens");
    await user.login(server.baseUrl, "demo");
    expect(await user.run("token", "print")).toMatchObject({ code: 0, out: "access-2" });
  });

  test("that does not answer is said, and the tokens are kept without it", async () => {
    await using ring = await createTemporaryFolder();
    await using server = await startProcessServer();
    await using user = await createDesktopUser(ring.path, "#!/bin/sh\necho no bus here >&2\nexit 1\n");
    const { code, out, err } = await user.login(server.baseUrl, "demo");
    expect(code).toBe(0);
    expect(err).toBe(
      "the keyring of the desktop cannot be used: no bus here. The tokens are kept without it.",
    );
    expect(out).toContain("The tokens are in plain text that you alone can read, in ");
    expect(await user.run("token", "print")).toEqual({ code: 0, out: "access-1", err: "" });
  });

  test("is not asked with --no-keychain, and loses the key that it had", async () => {
    await using ring = await createTemporaryFolder();
    await using server = await startProcessServer();
    await using user = await createDesktopUser(ring.path);
    await user.login(server.baseUrl, "demo");
    await user.login(server.baseUrl, "demo", { args: ["--no-keychain"] });
    expect(await secretsIn(ring.path)).toEqual([]);
    expect(await user.run("token", "print")).toEqual({ code: 0, out: "access-2", err: "" });
    // The session of before has ended, and so has the one in plain text when the tokens are encrypted again.
    expect(server.server.counts().signOuts).toBe(1);
    await user.login(server.baseUrl, "demo");
    expect(server.server.counts().signOuts).toBe(2);
    expect(await user.run("token", "print")).toEqual({ code: 0, out: "access-3", err: "" });
    expect(await filesOf(user)).not.toContain("access-");
    await user.run("logout");
    expect(await filesOf(user)).toBe("");
  });

  test("need not answer when the tokens are to be kept without it", async () => {
    await using ring = await createTemporaryFolder();
    await using server = await startProcessServer();
    await using user = await createDesktopUser(ring.path);
    await user.login(server.baseUrl, "demo");
    await writeFile(join(ring.path, "broken"), "");
    const { code, err } = await user.login(server.baseUrl, "demo", { args: ["--no-keychain"] });
    expect(code).toBe(0);
    expect(err).toBe(
      "The session of the earlier login goes on until it expires: the keyring of the desktop cannot be used: no bus here.\n" +
        "the keyring of the desktop cannot be used: no bus here. It keeps a key that encrypts no tokens any more.",
    );
    expect(await user.run("token", "print")).toEqual({ code: 0, out: "access-2", err: "" });
  });
});

test("logout --all ends the other logins where the keyring does not answer", async () => {
  await using ring = await createTemporaryFolder();
  await using server = await startProcessServer();
  await using user = await createDesktopUser(ring.path);
  await user.login(server.baseUrl, "eve", { args: ["--no-keychain"] });
  await user.login(server.baseUrl, "demo");
  await writeFile(join(ring.path, "broken"), "");
  const at = server.baseUrl;
  expect(await user.run("logout", "--all")).toEqual({
    code: 1,
    out: `Signed out at ${at} as eve.`,
    err: `countersign logout: demo is still signed in at ${at}: the keyring of the desktop cannot be used: no bus here`,
  });
  await rm(join(ring.path, "broken"));
  const { code, out } = await user.run("logout", "--all", "--json");
  expect({ code, out: JSON.parse(out) }).toEqual({
    code: 0,
    out: [{ server: at, user: "demo", revoked: true, kept: false }],
  });
  expect(await secretsIn(ring.path)).toEqual([]);
});

test.each(
  notEmpty([
    { kept: "in plain text", first: ["--no-keychain"], second: [] },
    { kept: "encrypted", first: [], second: ["--no-keychain"] },
    { kept: "encrypted, with the same key", first: [], second: [] },
  ]),
)("a wrong password leaves a login that is kept $kept as it was", async ({ first, second }) => {
  await using ring = await createTemporaryFolder();
  await using server = await startProcessServer();
  await using user = await createDesktopUser(ring.path);
  await user.login(server.baseUrl, "demo", { args: first });
  const secrets = await secretsIn(ring.path);
  expect(await user.login(server.baseUrl, "demo", { password: "wrong", args: second })).toMatchObject({
    code: 1,
  });
  expect(await user.run("token", "print")).toEqual({ code: 0, out: "access-1", err: "" });
  expect(await secretsIn(ring.path)).toEqual(secrets);
});

test("a first login with a wrong password leaves no key behind", async () => {
  await using ring = await createTemporaryFolder();
  await using server = await startProcessServer();
  await using user = await createDesktopUser(ring.path);
  expect(await user.login(server.baseUrl, "demo", { password: "wrong" })).toMatchObject({ code: 1 });
  expect(await secretsIn(ring.path)).toEqual([]);
  expect(await filesOf(user)).toBe("");
});

/** A keychain in memory. */
function createFakeKeychain(): Keychain & { readonly secrets: ReadonlyMap<string, string> } {
  const secrets = new Map<string, string>();
  return {
    title: "the fake",
    secrets,
    read: async (name) => secrets.get(name),
    write: async (name, secret) => void secrets.set(name, secret),
    remove: async (name) => void secrets.delete(name),
  };
}

test("processes that make a secret at once have the same, and leave no other", async () => {
  await using folder = await createTemporaryFolder();
  const keychain = createFakeKeychain();
  const file = join(folder.path, "logins", "a.secret");
  const made = await Promise.all(Array.from({ length: 8 }, () => makeSecret(keychain, file)));
  expect(new Set(made).size).toBe(1);
  expect([...keychain.secrets]).toEqual([[await readFile(file, "utf8"), made[0]]]);
});

test("security of macOS gets the secret on its standard input", async () => {
  const calls: ToolCall[] = [];
  const codes = [0, 0, 44, 44, 1];
  const keychain = createMacosKeychain(async (call) => {
    calls.push(call);
    return { code: codes.shift(), stdout: "s3cret\n", stderr: "it is locked" };
  });
  await keychain.write("name-1", "s3cret");
  expect(await keychain.read("name-1")).toBe("s3cret");
  expect(await keychain.read("name-2")).toBeUndefined();
  await keychain.remove("name-2");
  await expect(keychain.read("name-1")).rejects.toThrow("the keychain of macOS cannot be used: it is locked");
  expect(calls.every(({ file, args }) => file === "/usr/bin/security" && !args.includes("s3cret"))).toBe(
    true,
  );
  expect(calls[0]).toMatchObject({
    args: ["-i"],
    input: 'add-generic-password -U -s countersign -a name-1 -l "Countersign login" -w s3cret\n',
  });
});
