import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { runBuf } from "../support/buf.ts";
import { ROOT } from "./documents.ts";
import { type Fence, placeOf } from "./markdown.ts";

/** What a reader has who types the blocks of one document into files. */
export interface Project extends AsyncDisposable {
  /** The folder. */
  readonly path: string;
  /** The files of the TypeScript blocks, in the order of the document. */
  readonly sources: readonly SourceFile[];
}

/** One file of a reader, made of one or more blocks. */
export interface SourceFile {
  readonly path: string;
  readonly fences: readonly Fence[];
}

/** Puts the addresses of this run in the place of those that the documents name. */
export type ToRun = (text: string) => string;

/**
 * Write the blocks of a document into a folder inside the repository, where they find the packages that they
 * import, and generate code for its protos.
 *
 * A line of a file is the line of the document: what tsc says about one can be read of the other.
 *
 * @throws Error with what buf says when a proto is not good
 */
export async function createProject(
  fences: readonly Fence[],
  toRun: ToRun = (text) => text,
): Promise<Project> {
  await mkdir(join(ROOT, "test/output"), { recursive: true });
  await using stack = new AsyncDisposableStack();
  const path = await mkdtemp(join(ROOT, "test/output/docs-"));
  stack.defer(() => rm(path, { recursive: true, force: true }));
  await writeFile(join(path, "package.json"), '{ "type": "module" }\n');
  await symlink(join(ROOT, "node_modules"), join(path, "node_modules"));
  await writeProtos(path, fences);
  const sources = toSourceFiles(path, fences);
  for (const source of sources) {
    await writeText(source.path, toRun(padToLines(source.fences)));
  }
  const kept = stack.move();
  return { path, sources, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

function toSourceFiles(path: string, fences: readonly Fence[]): readonly SourceFile[] {
  const files: { path: string; fences: Fence[] }[] = [];
  for (const fence of fences.filter(({ language }) => language === "ts" || language === "tsx")) {
    const { file, continues } = fence.attributes;
    const last = files.at(-1);
    if (continues !== undefined) {
      if (last === undefined) {
        throw new Error(`${placeOf(fence)} continues nothing`);
      }
      last.fences.push(fence);
    } else {
      const name = file ?? `line-${fence.line}.${fence.language}`;
      files.push({ path: join(path, name), fences: [fence] });
    }
  }
  return files;
}

function padToLines(fences: readonly Fence[]): string {
  let text = "";
  for (const fence of fences) {
    const lines = text.split("\n").length;
    text += `${"\n".repeat(fence.line - lines)}${fence.text}\n`;
  }
  return text;
}

async function writeProtos(path: string, fences: readonly Fence[]): Promise<void> {
  const protos = fences.filter(
    ({ language, attributes }) => language === "proto" && attributes.file !== undefined,
  );
  if (protos.length === 0) {
    return;
  }
  await writeText(join(path, "buf.yaml"), MODULE);
  await writeText(join(path, "buf.gen.yaml"), GENERATE);
  const settings = fences.filter(({ language }) => language === "yaml");
  for (const { attributes, text } of [...settings, ...protos]) {
    await writeText(join(path, attributes.file ?? ""), `${text}\n`);
  }
  for (const command of ["lint", "generate"]) {
    const { code, stdout, stderr } = await runBuf([command], path);
    if (code !== 0) {
      throw new Error(`buf ${command} in ${protos[0]?.document}:\n${stdout}${stderr}`);
    }
  }
}

// For documents that leave these two to others.
const MODULE = `version: v2
modules: [{ path: proto }, { path: node_modules/@countersign/gen/proto }]
lint: { use: [STANDARD] }
`;
const GENERATE = `version: v2
plugins: [{ local: protoc-gen-es, out: gen, opt: [target=js+dts, import_extension=js, "map_imports=countersign/:@countersign/gen"] }]
inputs: [{ directory: proto }]
`;

async function writeText(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}
