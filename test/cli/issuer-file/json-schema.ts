import { type JsonSchema, toJsonSchema } from "@valibot/to-json-schema";
import type * as v from "valibot";
import { entry, trustedIssuersFile } from "../../../server/cli/src/issuer-file/file-schema.ts";
import { besidePreset, claimSource } from "../../../server/cli/src/issuer-file/issuer-schema.ts";
import { location } from "../../../server/cli/src/issuer-file/key-schema.ts";

/** Write the JSON Schema of the file of trusted issuers, which editors read. */
export function createJsonSchema(): JsonSchema {
  const resolve = createResolver();
  // What each issuer can have is written once.
  const members = Object.entries(besidePreset).map(([member, { wrapped }]) => [member, wrapped] as const);
  const definitions = mapValues({ entry, location, claimSource, ...Object.fromEntries(members) }, resolve);
  const { $schema, ...schema } = toJsonSchema(resolve(trustedIssuersFile), {
    definitions,
    typeMode: "input",
    // What is checked beyond the form is for the server to say.
    errorMode: "ignore",
  });
  return { ...($schema === undefined ? {} : { $schema }), title: TITLE, ...schema };
}

const TITLE = "The issuers that a Countersign server trusts, for --trusted-issuers";

/** The parts of a schema that have schemas in them. */
interface Parts extends v.GenericSchema {
  readonly getter?: (input: undefined) => v.GenericSchema;
  readonly entries?: Readonly<Record<string, v.GenericSchema>>;
  readonly options?: readonly unknown[];
  readonly wrapped?: v.GenericSchema;
  readonly item?: v.GenericSchema;
  readonly value?: v.GenericSchema;
  readonly pipe?: readonly [v.GenericSchema, ...v.GenericSchema[]];
}

/**
 * Create what puts forms that a schema chooses among by its input in the place of the choice. The library would write
 * each of them many times. The same schema gives the same result, so that it can be written once and referred to.
 */
function createResolver(): (schema: v.GenericSchema) => v.GenericSchema {
  const resolved = new Map<v.GenericSchema, v.GenericSchema>();
  const resolve = (schema: v.GenericSchema): v.GenericSchema => {
    const known = resolved.get(schema) ?? resolveParts(schema, resolve);
    resolved.set(schema, known);
    return known;
  };
  return resolve;
}

function resolveParts(schema: Parts, resolve: (schema: v.GenericSchema) => v.GenericSchema): v.GenericSchema {
  const { getter, entries, options, wrapped, item, value, pipe } = schema;
  if (pipe !== undefined) {
    const [first, ...actions] = pipe;
    const inner = resolve(first);
    return Object.assign({ ...inner }, { pipe: [inner, ...actions] });
  }
  // Without an input it answers with all forms that there are.
  if (getter !== undefined) {
    return resolve(getter(undefined));
  }
  return {
    ...schema,
    ...(entries && { entries: mapValues(entries, resolve) }),
    ...(schema.type === "union" && { options: options?.map((option) => resolve(option as v.GenericSchema)) }),
    ...(wrapped && { wrapped: resolve(wrapped) }),
    ...(item && { item: resolve(item) }),
    ...(schema.type === "record" && value && { value: resolve(value) }),
  };
}

function mapValues<T>(
  record: Readonly<Record<string, T>>,
  map: (value: T) => T,
): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
