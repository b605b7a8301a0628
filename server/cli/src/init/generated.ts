import { fromBinary } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";

/** Read the descriptor that code of protoc-gen-es holds; undefined when the text is no such code. */
export function readGenerated(text: string): FileDescriptorProto | undefined {
  const encoded = /\bfileDesc\(\s*"([A-Za-z0-9+/=]*)"/.exec(text)?.[1];
  try {
    return encoded === undefined
      ? undefined
      : fromBinary(FileDescriptorProtoSchema, Buffer.from(encoded, "base64"));
  } catch {
    // Another function of this name.
    return undefined;
  }
}
