import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createFileRegistry, type DescService, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { runBuf } from "../support/buf.ts";
import type { Fence } from "./markdown.ts";
import type { Project } from "./project.ts";

/** Whether a block is a part of a proto: methods or a service, over the messages of the document's first proto. */
export function isFragment({ language, attributes }: Fence): boolean {
  return language === "proto" && attributes.file === undefined;
}

/**
 * Build the fragments of a document.
 *
 * @returns the service that each of them makes
 * @throws Error with what buf says when one cannot be built, by the line of the document
 */
export async function buildFragments(
  fences: readonly Fence[],
  project: Project,
): Promise<ReadonlyMap<Fence, DescService>> {
  const main = fences.find(({ attributes }) => attributes.file?.endsWith(".proto"))?.attributes.file ?? "";
  const folder = main.replace(/[^/]+$/, "");
  const packageName = folder
    .replace(/^proto\//, "")
    .replace(/\/$/, "")
    .replaceAll("/", ".");
  const fragments = fences.filter(isFragment);
  for (const fence of fragments) {
    const head = `syntax = "proto3"; package ${packageName}; ${[OPTIONS, main.replace(/^proto\//, "")]
      .map((path) => `import "${path}";`)
      .join(" ")}`;
    const text = /^\s*(\/\/.*\n\s*)*service /.test(fence.text)
      ? fence.text
      : `service ${nameOf(fence)} {${fence.text}\n}`;
    // The line of the file is the line of the document.
    await writeFile(
      join(project.path, folder, `${nameOf(fence)}.proto`),
      `${head}${"\n".repeat(fence.line - 1)}${text}\n`,
    );
  }
  const { code, stdout, stderr } = await runBuf(["build", "-o", "image.binpb"], project.path);
  if (code !== 0) {
    throw new Error(`buf build in ${fences[0]?.document}:\n${stdout}${stderr}`);
  }
  const image = fromBinary(FileDescriptorSetSchema, await readFile(join(project.path, "image.binpb")));
  const services = [...createFileRegistry(image)].filter((type) => type.kind === "service");
  return new Map(fragments.map((fence) => [fence, serviceOf(fence, services)]));
}

const OPTIONS = "countersign/auth/v1/options.proto";

function nameOf({ line }: Fence): string {
  return `Line${line}`;
}

function serviceOf(fence: Fence, services: readonly DescService[]): DescService {
  const service = services.find(({ file }) => file.name.endsWith(`/${nameOf(fence)}`));
  if (service === undefined) {
    throw new Error(`line ${fence.line} of ${fence.document} makes no service`);
  }
  return service;
}
