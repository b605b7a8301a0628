import { delimiter, dirname, join, posix } from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import { type FileDescriptorSet, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import type { Project } from "./project.ts";
import { runProgram } from "./run-program.ts";

/** Where buf is run, from the folder of the project. */
interface Generation {
  readonly folder: string;
  readonly args: readonly string[];
}

const hasName = (name: string) => (file: string) => file === name || file.endsWith(`/${name}`);

/** Find the folders whose protos buf compiles: those of workspaces, and of modules outside of them. */
export function findBufFolders(files: readonly string[]): readonly string[] {
  const protos = files.filter((file) => file.endsWith(".proto"));
  const folders: string[] = [];
  for (const name of ["buf.work.yaml", "buf.yaml", "buf.gen.yaml"]) {
    const places = files.filter(hasName(name)).map((file) => dirname(file));
    folders.push(...places.filter((place) => !folders.some((other) => overlap(place, other))));
  }
  return folders.filter((folder) => protos.some((proto) => isWithin(proto, folder)));
}

const overlap = (a: string, b: string): boolean => isWithin(a, b) || isWithin(b, a);

function isWithin(path: string, folder: string): boolean {
  return folder === "." || path === folder || path.startsWith(`${folder}/`);
}

/** Compile the protos of a folder. @throws CommandError with what buf says */
export async function buildProtos(project: Project, folder: string): Promise<FileDescriptorSet> {
  const image = await runBuf(project, { folder, args: ["build", "--as-file-descriptor-set", "-o", "-"] });
  return fromBinary(FileDescriptorSetSchema, image);
}

/** Generate code as the project does: by what its scripts say, or else where its templates are. */
export async function generateCode(project: Project): Promise<void> {
  const { files } = project;
  const manifests = files.filter(hasName("package.json"));
  const scripts = manifests.map((file) => readGenerations(project, file));
  const templates = files
    .filter(hasName("buf.gen.yaml"))
    .map((file) => ({ folder: dirname(file), args: ["generate"] }));
  for (const generation of scripts.some((found) => found.length > 0) ? scripts.flat() : templates) {
    await runBuf(project, generation);
  }
}

/** Read where and how the scripts of a package run `buf generate`. */
function readGenerations(project: Project, manifest: string): readonly Generation[] {
  const { scripts = {} }: { readonly scripts?: Readonly<Record<string, string>> } = JSON.parse(
    project.read(manifest),
  );
  const found = Object.values(scripts).flatMap((script) => {
    const [, cd = ".", args] =
      /(?:\bcd\s+(\S+)\s*&&\s*)?(?:\b(?:npx|pnpm|yarn|bunx?)\s+(?:exec\s+)?)?\bbuf\s+(generate[^&|;]*)/.exec(
        script,
      ) ?? [];
    return args === undefined
      ? []
      : [{ folder: join(dirname(manifest), cd), args: args.trim().split(/\s+/) }];
  });
  // Without a template, a script has been left over.
  const usable = found.filter(
    ({ folder, args }) =>
      args.some((arg) => arg.startsWith("--template")) ||
      project.files.includes(posix.join(folder, "buf.gen.yaml")),
  );
  return usable.filter(
    ({ folder, args }, index) =>
      index === usable.findIndex((other) => other.folder === folder && other.args.join() === args.join()),
  );
}

/** Plugins and buf are those that the project has installed, where it has. */
function runBuf(project: Project, { folder, args }: Generation): Promise<Buffer> {
  const places = folder.split("/").map((_, index, parts) => parts.slice(0, parts.length - index).join("/"));
  const installed = [...new Set([...places, "."])].map((place) =>
    join(project.folder, place, "node_modules/.bin"),
  );
  const path = [...installed, project.env.PATH ?? ""].join(delimiter);
  return runProgram("buf", args, {
    cwd: join(project.folder, folder),
    env: { ...project.env, PATH: path },
  });
}
