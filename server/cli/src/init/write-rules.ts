import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { FileDescriptorProto } from "@bufbuild/protobuf/wkt";
import { CommandError } from "../usage-error.ts";
import { annotateProto, OPTIONS_PROTO } from "./annotate-proto.ts";
import type { NamedService } from "./name-services.ts";
import type { Project } from "./project.ts";

/** Write rules into the protos of a project, and the proto that they import beside them. */
export async function writeRules(project: Project, services: readonly NamedService[]): Promise<void> {
  const ours = services.filter(({ isOurs, file }) => isOurs && file !== undefined);
  const byProto = Map.groupBy(ours, ({ file }) => file?.name ?? "");
  for (const [name, those] of byProto) {
    const file = those[0]?.file;
    const path = findProto(project, name);
    const text = project.read(path);
    const served = new Set(those.map(({ registration }) => registration.name));
    const annotated = file === undefined ? text : annotateProto(text, file, served);
    if (annotated !== text) {
      await project.write(path, annotated);
      await addOptions(project, path.slice(0, path.length - name.length), file);
    }
  }
}

/** Find the file that is imported by a name. @throws CommandError when several files may be meant */
function findProto({ files }: Project, name: string): string {
  const [path, ...others] = files.filter((file) => file === name || file.endsWith(`/${name}`));
  if (path === undefined) {
    throw new CommandError(`${name} is no file of this project: a link leads to it, or git ignores it`);
  }
  if (others.length > 0) {
    throw new CommandError(`which proto is ${name}? ${[path, ...others].join(", ")}`);
  }
  return path;
}

/**
 * Copy the proto of the rules into the module. That works with every generator and every release of buf; a module of a package
 * needs protoc-gen-es 2.17 and workspaces.
 *
 * @param root the folder of the module, with a slash at its end or empty
 */
async function addOptions(
  project: Project,
  root: string,
  file: FileDescriptorProto | undefined,
): Promise<void> {
  if (file?.dependency.includes(OPTIONS_PROTO) !== true) {
    await project.write(root + OPTIONS_PROTO, readOptionsProto());
  }
}

function readOptionsProto(): string {
  const module = fileURLToPath(import.meta.resolve("@countersign/gen/countersign/auth/v1/options_pb.js"));
  // `dist` when it is installed, `es` in the repository: both are beside `proto`.
  const gen = dirname(dirname(dirname(dirname(dirname(module)))));
  return readFileSync(join(gen, "proto", OPTIONS_PROTO), "utf8");
}
