import { chmod, chown, lchown, mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { assertPrivateDirectory } from "../../sdk/src/node/private-path.ts";
import { assertPrivate } from "../../server/issuer/src/store/private-path.ts";
import { notEmpty } from "../support/not-empty.ts";
import { createTemporaryFolder, databaseParent } from "../support/temporary-folder.ts";

// The SDK and the server meet in generated code only: each has a check of its own of who can change its files. Both must
// say the same of every directory.

const STRANGER = 4_242;
/** Only root can make files of others. */
const isRoot = process.getuid?.() === 0;

type Case = readonly [string, string, RegExp | undefined, (at: (name: string) => string) => Promise<unknown>];

const CASES: readonly Case[] = [
  ["one of the user's own", "a/b", undefined, () => Promise.resolve()],
  ["one that others read", "a/b", undefined, (at) => chmod(at("a/b"), 0o755)],
  ["one that its own group writes", "a/b", undefined, (at) => chmod(at("a/b"), 0o770)],
  ["one that all write", "a/b", /b can be .* is 777$/, (at) => chmod(at("a/b"), 0o777)],
  ["a sticky one", "a/b", /b can be .* is 1777$/, (at) => chmod(at("a/b"), 0o1777)],
  ["one below one that all write", "a/b", /a can be .* is 777$/, (at) => chmod(at("a"), 0o777)],
  ["one below a sticky one", "a/b", undefined, (at) => chmod(at("a"), 0o1777)],
  ["one behind a link", "link", undefined, (at) => symlink("a/b", at("link"))],
  ["one behind links and up again", "link/../b", undefined, (at) => symlink(at("a/b"), at("link"))],
  [
    "one behind a circle of links",
    "link",
    /leads through more than 40 links$/,
    (at) => symlink("link", at("link")),
  ],
  [
    "one behind a link through one that all write",
    "link",
    /a can be .* is 777$/,
    async (at) => {
      await chmod(at("a"), 0o777);
      await symlink("a/b", at("link"));
    },
  ],
];

const GIVEN_AWAY: readonly Case[] = [
  ["one of another user", "a/b", /b can be .* of user 4242$/, (at) => chown(at("a/b"), STRANGER, 0)],
  ["one below one of another user", "a/b", /a can be .* of user 4242$/, (at) => chown(at("a"), STRANGER, 0)],
  [
    "one behind a link of another user",
    "link",
    /link can be .* of user 4242$/,
    async (at) => {
      await symlink("a/b", at("link"));
      await lchown(at("link"), STRANGER, 0);
    },
  ],
  [
    "one that another group writes",
    "a/b",
    /b can be .* is 770$/,
    async (at) => {
      await chown(at("a/b"), 0, STRANGER);
      await chmod(at("a/b"), 0o770);
    },
  ],
];

test.each(notEmpty([...CASES, ...(isRoot ? GIVEN_AWAY : [])]))(
  "the SDK and the server say the same of a directory: %s",
  async (_, path, refusal, change) => {
    await using folder = await createTemporaryFolder(databaseParent());
    const at = (name: string): string => join(folder.path, name);
    await mkdir(at("a/b"), { recursive: true, mode: 0o700 });
    await change(at);
    // Joined by hand: `join` would take the dots away that the check is to follow.
    const directory = `${folder.path}/${path}`;
    const bySdk = await assertPrivateDirectory(directory).then(() => "", messageOf);
    expect(bySdk).toMatch(refusal ?? /^$/);
    expect(
      await Promise.resolve(directory)
        .then(assertPrivate)
        .then(() => "", messageOf),
    ).toBe(bySdk);
  },
);

/** What it says is wrong, without the server's advice. */
function messageOf(error: Error): string {
  return error.message.replace(/: take that from them, .*$/, "");
}
