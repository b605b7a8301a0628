import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createFileRegistry, type DescService, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { type PolicyEntry, PolicyError } from "@countersign/server";
import { createPolicyTable, toMethodName } from "@countersign/server/internal";
import { type BuiltInServices, loadDemoServices, serveServices } from "./built-in-services.ts";
import { ONLY_ACTION, type RunAction } from "./command.ts";
import type { CommandLine } from "./config.ts";
import { formatDuration } from "./duration.ts";
import { formatTable } from "./table.ts";
import { CommandError, UsageError } from "./usage-error.ts";

const printPolicies: RunAction = async ({ line: { values }, terminal }) => {
  const entries = toEntries(await chooseServices(values));
  if (values.json === true) {
    terminal.print(JSON.stringify(entries.map(toJson), undefined, 2));
    return;
  }
  formatTable(["METHOD", "ACCESS", "CONDITIONS", "FROM"], entries.map(toRow)).forEach(terminal.print);
};

/** What `countersign policy` does. */
export const policyActions = { [ONLY_ACTION]: printPolicies };

/** The services to list, with the rules of those whose protos belong to others. */
type ListedServices = Pick<BuiltInServices, "policies" | "services">;

async function chooseServices({ image, demo }: CommandLine["values"]): Promise<ListedServices> {
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

function toEntries({ services, policies }: ListedServices): readonly PolicyEntry[] {
  try {
    return createPolicyTable(services, policies).entries;
  } catch (error) {
    throw error instanceof PolicyError ? new CommandError(error.message) : error;
  }
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

/** What an entry says, without what it does not. */
function toJson({ method, policy, source, claimsType }: PolicyEntry): Readonly<Record<string, unknown>> {
  const { rule, streamMaxAgeMs, ...rest } = policy;
  const streamMaxAge = streamMaxAgeMs === undefined ? undefined : formatDuration(streamMaxAgeMs);
  // What describes the claims of a token concerns no call that has none.
  const claims = policy.access === "public" ? undefined : claimsType;
  const conditions = Object.entries({
    ...rest,
    claimsType: claims,
    rule: rule?.expression,
    streamMaxAge,
  }).filter(
    ([, value]) => !(value === undefined || value === false || (Array.isArray(value) && value.length === 0)),
  );
  return { method: toMethodName(method), ...Object.fromEntries(conditions), source };
}

function toRow(entry: PolicyEntry): readonly string[] {
  const { method, access, source, ...conditions } = toJson(entry);
  return [String(method), String(access), formatConditions(conditions), String(source)];
}

function formatConditions(conditions: Readonly<Record<string, unknown>>): string {
  const texts = Object.entries(conditions).map(([name, value]) => {
    const text = Array.isArray(value) ? value.join(",") : String(value);
    return text === "true" ? name : `${name}=${text}`;
  });
  return texts.length === 0 ? "-" : texts.join(" ");
}
