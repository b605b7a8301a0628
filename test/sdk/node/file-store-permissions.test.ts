import { execFile } from "node:child_process";
import { chmod, chown, link, mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { createFileStore, createSession } from "@countersign/sdk/node";
import { encodeEntry } from "@countersign/sdk/store";
import { describe, expect, test } from "vitest";
import { createFileLock } from "../../../sdk/src/node/file-lock.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";

const run = promisify(execFile);

const STRANGER = 4_242;
/** Only root can make files of others. */
const cannotGiveAway = process.getuid?.() !== 0;

const entryOf = (revision: string) =>
  ({ kind: "signed_out", sessionId: "s", generation: 1, reason: "user", revision }) as const;

const nameOf = (version: number) => `session-${String(version).padStart(12, "0")}.json`;

/** A store in a directory below a parent, with one version in it. */
async function startStore() {
  const folder = await createTemporaryFolder();
  const parent = join(folder.path, "parent");
  const directory = join(parent, "session");
  const store = createFileStore({ directory });
  expect(await store.compareAndSet(undefined, entryOf("own"))).toBe(true);
  return {
    parent,
    directory,
    store,
    /** Put a file that looks like a version, written by another user if there is one. */
    async plant(version: number, text = encodeEntry(entryOf("planted")), mode = 0o600) {
      const path = join(directory, nameOf(version));
      await writeFile(path, text);
      await chmod(path, mode);
      return path;
    },
    async writesOn() {
      expect((await store.read())?.revision).toBe("own");
      expect(await store.compareAndSet("own", entryOf("next"))).toBe(true);
      expect((await store.read())?.revision).toBe("next");
      expect(await store.compareAndSet("next", entryOf("after"))).toBe(true);
      expect((await store.read())?.revision).toBe("after");
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

type Fixture = Awaited<ReturnType<typeof startStore>>;

const OPEN_PLACES: readonly [string, RegExp, (fixture: Fixture) => Promise<unknown>][] = [
  ["a directory that all may write", /session can be .* mode is 777$/, (s) => chmod(s.directory, 0o777)],
  ["a sticky directory that all may write", /mode is 1777$/, (s) => chmod(s.directory, 0o1777)],
  ["a directory that all may rename", /parent can be .* mode is 757$/, (s) => chmod(s.parent, 0o757)],
];

const GIVEN_AWAY: readonly [string, RegExp, (fixture: Fixture) => Promise<unknown>][] = [
  ["a directory of another user", /session can be .* of user 4242$/, (s) => chown(s.directory, STRANGER, 0)],
  ["a directory in another user's", /parent can be .* of user 4242$/, (s) => chown(s.parent, STRANGER, 0)],
  [
    "a directory that a group may write",
    /mode is 770$/,
    async (s) => {
      await chown(s.directory, 0, STRANGER);
      await chmod(s.directory, 0o770);
    },
  ],
];

describe("a store of files", () => {
  for (const [what, message, open] of notEmpty([...OPEN_PLACES, ...(cannotGiveAway ? [] : GIVEN_AWAY)])) {
    test(`does not use ${what}`, async () => {
      await using fixture = await startStore();
      await open(fixture);
      await expect(fixture.store.read()).rejects.toThrow(message);
      await expect(fixture.store.compareAndSet("own", entryOf("next"))).rejects.toThrow(message);
      expect(await readdir(fixture.directory)).toEqual([nameOf(1)]);
      const shared = createFileStore({ directory: fixture.directory, allowSharedDirectory: true });
      expect((await shared.read())?.revision).toBe("own");
      expect(await shared.compareAndSet("own", entryOf("next"))).toBe(true);
    });
  }

  test("says in the event degraded which directory others can change", async () => {
    await using fixture = await startStore();
    await chmod(fixture.directory, 0o777);
    const session = createSession({ baseUrl: "http://127.0.0.1:1", store: fixture.store });
    const degraded = new Promise((resolve) =>
      session.on((event) => event.type === "degraded" && resolve(event)),
    );
    await session.token().catch(() => undefined);
    expect(await degraded).toMatchObject({
      error: { rawMessage: expect.stringContaining("can be changed by") },
    });
    session.dispose();
  });

  test("takes a directory whose parents are sticky, or are links of this user", async () => {
    await using fixture = await startStore();
    await chmod(fixture.parent, 0o1777);
    await fixture.writesOn();
    const path = join(fixture.parent, "link");
    await symlink("../parent/session", path);
    expect((await createFileStore({ directory: path }).read())?.revision).toBe("after");
    expect((await createFileStore({ directory: `${path}/../session/.` }).read())?.revision).toBe("after");
  });

  test("looks at the directories that a link leads through", async () => {
    await using fixture = await startStore();
    await using other = await createTemporaryFolder();
    await symlink(fixture.directory, join(other.path, "link"));
    await chmod(fixture.parent, 0o777);
    const store = createFileStore({ directory: join(other.path, "link") });
    await expect(store.read()).rejects.toThrow("parent can be changed by others");
    await symlink("circle", join(other.path, "circle"));
    const circle = createFileStore({ directory: join(other.path, "circle") });
    await expect(circle.read()).rejects.toThrow("leads through more than 40 links");
  });

  test.skipIf(cannotGiveAway)("follows no link of another user", async () => {
    await using fixture = await startStore();
    const path = join(fixture.parent, "link");
    await symlink(fixture.directory, path);
    await run("chown", ["-h", String(STRANGER), path]);
    await expect(createFileStore({ directory: path }).read()).rejects.toThrow(
      "link can be changed by others",
    );
  });

  const PLANTED: readonly [string, (fixture: Fixture) => Promise<unknown>][] = [
    ["that all may write", ({ plant }) => plant(2, undefined, 0o666)],
    ["far ahead of the others", ({ plant }) => plant(999_999_999_999)],
    ["a link to another's far ahead", ({ directory }) => linkAhead(directory)],
    ["without sense", ({ plant }) => plant(2, '{"version":1')],
    ["huge", ({ plant }) => plant(2, `${encodeEntry(entryOf("planted"))}${" ".repeat(300_000)}`)],
    ["a symbolic link", ({ directory }) => symlink(join(directory, nameOf(1)), join(directory, nameOf(2)))],
    ["a circle", ({ directory }) => symlink(nameOf(2), join(directory, nameOf(2)))],
    ["a directory", ({ directory }) => mkdir(join(directory, nameOf(2)))],
    ["a pipe", ({ directory }) => run("mkfifo", [join(directory, nameOf(2))])],
    ["two in a row", async ({ plant }) => [await plant(2, "", 0o666), await plant(3, "", 0o666)]],
    ["before all others", ({ plant }) => plant(0)],
  ];
  const OF_OTHERS: typeof PLANTED = [
    ["of another user", async ({ plant }) => chown(await plant(2), STRANGER, 0)],
    ["of another user far ahead", async ({ plant }) => chown(await plant(999_999_999_999), STRANGER, 0)],
  ];
  for (const [what, plant] of notEmpty([...PLANTED, ...(cannotGiveAway ? [] : OF_OTHERS)])) {
    test(`ignores a version ${what}, and is not blocked by it`, async () => {
      await using fixture = await startStore();
      await plant(fixture);
      await fixture.writesOn();
    });
  }

  test("does not wait for a pipe in the place of the lock", async () => {
    await using folder = await createTemporaryFolder();
    await run("mkfifo", [join(folder.path, "refresh.lock")]);
    const lock = createFileLock(join(folder.path, "refresh.lock"), { maxWaitMs: 1 });
    expect(await lock(async () => "went on")).toBe("went on");
  });

  test("goes on from a first version with a high number", async () => {
    await using folder = await createTemporaryFolder();
    await writeFile(join(folder.path, nameOf(1_000_000_000)), encodeEntry(entryOf("own")), { mode: 0o600 });
    const store = createFileStore({ directory: folder.path });
    expect(await store.compareAndSet("own", entryOf("next"))).toBe(true);
    expect(await readdir(folder.path)).toEqual([nameOf(1_000_000_001)]);
  });

  test("writes no version that it would not read", async () => {
    await using fixture = await startStore();
    const long = { ...entryOf("next"), sessionId: "s".repeat(300_000) };
    await expect(fixture.store.compareAndSet("own", long)).rejects.toThrow(
      "the session is too long for a file",
    );
    await fixture.writesOn();
  });
});

/** A file of this user's under another name, as others can link it where the system lets them. */
function linkAhead(directory: string): Promise<void> {
  return link(join(directory, nameOf(1)), join(directory, nameOf(900_000_000)));
}
