import type { Registry } from "@bufbuild/protobuf";
import { type RuleType, SCALARS } from "./rule-type.ts";

/** The types that the language has names for. */
const TYPE_NAMES: ReadonlySet<string> = new Set([
  "int",
  "uint",
  "double",
  "bool",
  "string",
  "bytes",
  "list",
  "map",
  "null_type",
  "type",
]);

/**
 * Find what a name stands for that is no variable: a type, or a value of an enum.
 *
 * @param name such as `int`, `acme.v1.Order` or `acme.v1.State.OPEN`
 * @returns undefined when it stands for nothing
 */
export function typeOfName(name: string, registry: Registry): RuleType | undefined {
  const bare = name.replace(/^\./, "");
  if (TYPE_NAMES.has(bare) || registry.getMessage(bare) !== undefined) {
    return SCALARS.type;
  }
  const dot = bare.lastIndexOf(".");
  const values = registry.getEnum(bare.slice(0, Math.max(dot, 0)))?.values;
  return values?.some((value) => value.name === bare.slice(dot + 1)) ? SCALARS.int : undefined;
}
