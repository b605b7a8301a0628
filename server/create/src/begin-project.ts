import { randomBytes } from "node:crypto";
import { basename, resolve } from "node:path";
import { BUILT_IN, listParts } from "./choices.ts";
import { composeProject, type Files } from "./compose-project.ts";
import { findTarballs } from "./find-tarballs.ts";
import { withTarballs } from "./merge-manifests.ts";
import type { NodeNeed } from "./needed-node.ts";
import { readPart } from "./read-part.ts";
import type { Settled } from "./settle-choices.ts";
import { UsageError } from "./usage-error.ts";
import { writeProject } from "./write-project.ts";

/** What a project is made of. */
export interface Plan extends Settled {
  readonly audience: string | undefined;
  readonly packages: string | undefined;
  readonly node: NodeNeed;
  /** The release of this command, and of the packages that the project installs. */
  readonly version: string;
}

/** 144 bits: passwords are in a file. */
const PASSWORD_BYTES = 18;

/**
 * Write a project into a folder.
 *
 * @returns the paths of its files in the folder
 * @throws UsageError when the folder, its name or the audience will not do
 */
export function beginProject(plan: Plan): readonly string[] {
  const folder = resolve(plan.folder);
  const composed = composeFiles(plan, toPackageName(folder));
  const files =
    plan.packages === undefined ? composed : fromTarballs(composed, { folder, index: plan.packages });
  writeProject(folder, files);
  return [...files.keys()];
}

function composeFiles(plan: Plan, name: string): Files {
  const parts = [...listParts(plan), ...(plan.node === "brought" ? ["node"] : [])];
  return composeProject(parts.map(readPart), {
    name,
    issuer: plan.issuer === BUILT_IN ? "" : plan.issuer,
    audience: assertAudience(plan.audience ?? name),
    password: drawPassword(),
    databasePassword: drawPassword(),
    version: plan.version,
  });
}

const drawPassword = (): string => randomBytes(PASSWORD_BYTES).toString("base64url");

function fromTarballs(
  files: Files,
  { folder, index }: { readonly folder: string; readonly index: string },
): Files {
  const manifest = withTarballs(files.get("package.json") ?? "{}", findTarballs(index, folder));
  return new Map([...files, ["package.json", manifest]]);
}

/** What npm allows as a name, in lower case. */
function toPackageName(folder: string): string {
  const name = basename(folder).toLowerCase();
  if (!/^[a-z0-9][a-z0-9._-]{0,99}$/.test(name)) {
    throw new UsageError(
      "the name of the folder has letters, digits, dots, dashes and underscores, and begins with a letter or digit",
    );
  }
  if (name === "node_modules") {
    throw new UsageError("npm keeps node_modules for itself: give the folder another name");
  }
  return name;
}

/** It is written into a file of settings: one line, and nothing that quotes. */
function assertAudience(audience: string): string {
  if (!/^[\w.:/~-]{1,200}$/.test(audience)) {
    throw new UsageError("--audience has letters, digits and . : / ~ _ -");
  }
  return audience;
}
