import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { UsageError } from "../../server/create/src/usage-error.ts";
import { assertFree, writeProject } from "../../server/create/src/write-project.ts";
import { createTemporaryFolder, type TemporaryFolder } from "../support/temporary-folder.ts";

const FILES = new Map([
  [".env", "SECRET=1\n"],
  ["src/a.ts", "1;\n"],
]);

let place: TemporaryFolder;
beforeEach(async () => {
  place = await createTemporaryFolder();
});
afterEach(() => place[Symbol.asyncDispose]());

describe("writeProject", () => {
  test("makes the folder and those above it, and keeps the settings for their owner alone", () => {
    const folder = join(place.path, "deep", "greeter");
    writeProject(folder, FILES);
    expect(readdirSync(folder).toSorted()).toEqual([".env", "src"]);
    expect(readFileSync(join(folder, "src/a.ts"), "utf8")).toBe("1;\n");
    expect(statSync(join(folder, ".env")).mode & 0o777).toBe(0o600);
    mkdirSync(join(place.path, "other"));
    expect(statSync(folder).mode).toBe(statSync(join(place.path, "other")).mode);
    expect(readdirSync(join(place.path, "deep"))).toEqual(["greeter"]);
  });

  test("takes an empty folder, and refuses one with a file in it, however hidden", () => {
    const folder = join(place.path, "greeter");
    mkdirSync(folder);
    writeProject(folder, FILES);
    expect(() => writeProject(folder, FILES)).toThrow(new UsageError(`${folder} is not empty`));
    const hidden = join(place.path, "hidden");
    mkdirSync(join(hidden, ".git"), { recursive: true });
    expect(() => writeProject(hidden, FILES)).toThrow(new UsageError(`${hidden} is not empty`));
  });

  test("refuses a file", () => {
    const path = join(place.path, "file");
    writeFileSync(path, "");
    expect(() => writeProject(path, FILES)).toThrow(new UsageError(`${path} cannot be read as a folder`));
  });

  test("refuses a link that leads nowhere, and a place in which nothing can be made", () => {
    const link = join(place.path, "link");
    symlinkSync("nowhere", link);
    expect(() => writeProject(link, FILES)).toThrow(new UsageError(`${link} is a link to what is not there`));
    const path = join(place.path, "file");
    writeFileSync(path, "");
    expect(() => writeProject(join(path, "below"), FILES)).toThrow(
      new UsageError(`nothing can be made in ${path} (EEXIST)`),
    );
    expect(readdirSync(place.path).toSorted()).toEqual(["file", "link"]);
  });

  test("refuses the folder that the command runs in", () => {
    const home = process.cwd();
    const folder = join(place.path, "here");
    mkdirSync(folder);
    process.chdir(folder);
    try {
      expect(() => assertFree(folder)).toThrow(
        new UsageError("run the command beside the folder, not in it"),
      );
    } finally {
      process.chdir(home);
    }
  });

  test("leaves nothing behind when it fails", () => {
    const folder = join(place.path, "greeter");
    const clashing = new Map([
      ["src", "a file\n"],
      ["src/a.ts", "1;\n"],
    ]);
    expect(() => writeProject(folder, clashing)).toThrow(/EEXIST|ENOTDIR/);
    expect(existsSync(folder)).toBe(false);
    expect(readdirSync(place.path)).toEqual([]);
  });
});
