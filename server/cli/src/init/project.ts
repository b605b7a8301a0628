import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import type { Environment } from "../config.ts";

/** The files of a project. Paths are from its folder, with slashes. */
export interface Project {
  readonly folder: string;
  readonly files: readonly string[];
  /** The environment of programs that are run for it. */
  readonly env: Environment;
  read(path: string): string;
  write(path: string, text: string): Promise<void>;
  /** Find the folder of the package that a file belongs to. */
  packageOf(path: string): string;
}

/** Open the files of a folder. */
export function openProject({ folder, files, env }: Pick<Project, "env" | "files" | "folder">): Project {
  const packages = new Set(
    files.filter((file) => posix.basename(file) === "package.json").map((file) => posix.dirname(file)),
  );
  return {
    folder,
    files,
    env,
    read: (path) => readFileSync(join(folder, path), "utf8"),
    async write(path, text) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    },
    packageOf(path) {
      let place = posix.dirname(path);
      while (!packages.has(place) && place !== ".") {
        place = posix.dirname(place);
      }
      return place;
    },
  };
}

const TEST_FILE =
  /(?:^|\/)(?:__tests__|__mocks__|tests?|e2e|mocks?|fixtures)\/|[.-](?:test|spec|e2e|bench)\.[cm]?[jt]sx?$/;

/** Check whether a file is a test, or something that only tests use. */
export const isTest = (path: string): boolean => TEST_FILE.test(path);

/** Check whether a file is a module that a person writes. */
export const isSource = (path: string): boolean =>
  /(?<!\.d)\.[cm]?[jt]sx?$/.test(path) &&
  !/_(?:pb|connect)\.[cm]?[jt]s$|(?:^|\/)(?:dist|build|out|vendor)\//.test(path);
