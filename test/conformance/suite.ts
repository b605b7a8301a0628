import { readFileSync } from "node:fs";
import {
  createFileRegistry,
  type DescMessage,
  type DescService,
  type FileRegistry,
  fromBinary,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

const PACKAGE = "connectrpc.conformance.v1";

/** The protos of the suite. */
export interface Suite {
  readonly registry: FileRegistry;
  readonly service: DescService;
  /** @param name without the package */
  message(name: string): DescMessage;
}

/** Read the descriptors of the suite from a file, as `buf build` writes it. */
export function readSuite(file: string): Suite {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(file)));
  const service = registry.getService(`${PACKAGE}.ConformanceService`);
  if (service === undefined) {
    throw new Error(`${file} does not describe the conformance suite`);
  }
  return {
    registry,
    service,
    message(name) {
      const found = registry.getMessage(`${PACKAGE}.${name}`);
      if (found === undefined) {
        throw new Error(`the suite has no message ${name}`);
      }
      return found;
    },
  };
}
