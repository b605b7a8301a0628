import type { DescFile } from "@bufbuild/protobuf";

/** List a file and all that it imports, whatever they import too, each once: messages in messages are known then. */
export function withImports(file: DescFile): ReadonlySet<DescFile> {
  const files = new Set([file]);
  // A set goes on to what is added to it on the way.
  for (const { dependencies } of files) {
    for (const dependency of dependencies) {
      files.add(dependency);
    }
  }
  return files;
}
