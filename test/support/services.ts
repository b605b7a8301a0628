import type { DescFile, DescMethod, DescService } from "@bufbuild/protobuf";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { StreamService } from "@countersign/gen/countersign/auth/v1/stream_pb.js";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";

/** The services whose protos are this project's own. */
export const ownServices: readonly DescService[] = [SessionService, StreamService, NotesService];

/** All their methods. */
export const ownMethods: readonly DescMethod[] = ownServices.flatMap((service) => service.methods);

/** Write a method as `package.Service/Method`. */
export function nameOf(method: DescMethod): string {
  return `${method.parent.typeName}/${method.name}`;
}

/** List files together with all that they import, each once, the imported ones first. */
export function withImports(files: readonly DescFile[]): readonly DescFile[] {
  return [...new Set(files.flatMap((file) => [...withImports(file.dependencies), file]))];
}
