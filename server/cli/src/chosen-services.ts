import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createFileRegistry, type DescService, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { type BuiltInServices, loadDemoServices, serveServices } from "./built-in-services.ts";
import type { CommandLine } from "./config.ts";
import { CommandError, UsageError } from "./usage-error.ts";

/** The services that a command is about, with the rules of those whose protos belong to others. */
export type ChosenServices = Pick<BuiltInServices, "policies" | "services">;

/**
 * Choose the services that the options `--image` and `--demo` name; without them, those of `countersign serve`.
 *
 * @throws UsageError when both are given, CommandError when the file is none with methods
 */
export async function chooseServices({ image, demo }: CommandLine["values"]): Promise<ChosenServices> {
  if (image !== undefined && demo !== undefined) {
    throw new UsageError("--image and --demo name different services: give one of them");
  }
  if (typeof image === "string") {
    const services = await readServices(image);
    if (services.every(({ methods }) => methods.length === 0)) {
      throw new CommandError(`${image} has no methods: make it of your protos with buf build -o FILE.binpb`);
    }
    return { services, policies: new Map() };
  }
  return demo === true ? await loadDemoServices() : serveServices;
}

async function readServices(path: string): Promise<readonly DescService[]> {
  try {
    const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, await readFile(path)));
    return [...registry].filter((type) => type.kind === "service");
  } catch (cause) {
    if (!existsSync(path)) {
      throw new CommandError(`${path} does not exist`);
    }
    throw new CommandError(`${path} cannot be read as an image: make it with buf build -o FILE.binpb`, {
      cause,
    });
  }
}
