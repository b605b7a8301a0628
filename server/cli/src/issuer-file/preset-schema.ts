import { PRESETS, type Preset } from "@countersign/server/internal";
import * as v from "valibot";
import { askIfMeant } from "../similar-name.ts";
import { besidePreset } from "./issuer-schema.ts";
import type { FetchSettings } from "./key-files.ts";
import { fileMembers } from "./key-schema.ts";
import { choose, described, flag, type Members, name, names, objectOf, recordOf } from "./schema-parts.ts";

/** The options of a preset, as the file says. The preset itself asserts them. */
export interface PresetOptions extends FetchSettings {
  readonly sharedSecretFile?: string | undefined;
  readonly [option: string]: unknown;
}

/** An issuer by a preset of its provider, as the file says. */
export interface PresetSettings extends v.InferOutput<typeof beside> {
  readonly preset: string;
  readonly options: PresetOptions;
}

type OptionForm = Preset["options"][string];

const beside = objectOf(besidePreset);
const { sharedSecretFile, bearerTokenFile, caFile } = fileMembers;

/** The options that JSON has no values for: the file names files instead. Headers can also stand in it. */
const MEMBERS_OF_OPTION: ReadonlyMap<string, Members> = new Map<string, Members>([
  ["sharedSecret", { sharedSecretFile }],
  ["headers", { headers: recordOf(v.string("must be text")), bearerTokenFile }],
  ["fetch", { caFile }],
]);

/** What JSON can hold, each with samples: a form that accepts one of them is of that kind. */
const KINDS: readonly { readonly schema: v.GenericSchema; readonly samples: readonly unknown[] }[] = [
  { schema: name, samples: ["sample", "https://sample.example/a"] },
  { schema: names, samples: [["sample"], ["https://sample.example/a"]] },
  { schema: flag, samples: [true] },
  { schema: v.number("must be a number"), samples: [1] },
  { schema: v.looseObject({}, "must be an object"), samples: [{ keys: [] }] },
];

type EntrySchema = v.GenericSchema<unknown, PresetSettings>;

/** The entries of all presets, by their names. */
const entries: ReadonlyMap<string, EntrySchema> = new Map(
  Object.entries(PRESETS).map(([preset, { options }]) => [preset, toEntrySchema(preset, options)]),
);

/** An entry whose preset there is not: it always fails. */
const noPreset: v.GenericSchema<unknown, never> = v.pipe(
  v.unknown(),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const input = dataset.value;
    addIssue({ message: describeNoPreset(presetOf(input)) });
    return NEVER;
  }),
);

/** An issuer by a preset of its provider. */
export const presetEntry = choose<EntrySchema>(
  [...entries.values()],
  (input) => entries.get(presetOf(input)) ?? noPreset,
);

function presetOf(input: unknown): string {
  const isNamed = typeof input === "object" && input !== null && "preset" in input;
  return isNamed && typeof input.preset === "string" ? input.preset : "";
}

function describeNoPreset(preset: string): string {
  if (preset === "") {
    return "preset must be the name of one";
  }
  const known = [...entries.keys()];
  const meant = askIfMeant(preset, known);
  return `there is no preset ${JSON.stringify(preset)}${meant === "" ? `; there are ${known.join(", ")}` : meant}`;
}

function toEntrySchema(preset: string, options: Preset["options"]): EntrySchema {
  const schema = objectOf(
    {
      preset: described(v.literal(preset), "The preset of that name in @countersign/server/issuers."),
      options: described(
        objectOf(toMembers(options)),
        `What ${preset} of @countersign/server/issuers takes.`,
      ),
      ...besidePreset,
    },
    optionPlaces(options),
  );
  // Of the options, the type names those that the table above gives a schema of that type.
  return schema as unknown as EntrySchema;
}

/** Options are written beside the name of the preset, where they do not stand: the way to each. */
function optionPlaces(options: Preset["options"]): Readonly<Record<string, string>> {
  const members = Object.keys(toMembers(options)).filter((member) => !Object.hasOwn(besidePreset, member));
  return Object.fromEntries(members.map((member) => [member, `options.${member}`]));
}

function toMembers(options: Preset["options"]): Members {
  const members = Object.entries(options).flatMap(([option, form]) => {
    const shapes = MEMBERS_OF_OPTION.get(option) ?? { [option]: toSchema(form) };
    return Object.entries(shapes).map(
      ([member, schema]) => [member, form.isRequired === true ? schema : v.exactOptional(schema)] as const,
    );
  });
  return Object.fromEntries(members);
}

/** Create the schema of an option: of what it accepts, as editors know it, and of the rule that the preset has for it. */
function toSchema(form: OptionForm): v.GenericSchema {
  const kinds = KINDS.filter(({ samples }) => samples.some((sample) => form.accepts(sample))).map(
    ({ schema }) => schema,
  );
  const [kind = v.unknown()] = kinds;
  return v.pipe(
    kinds.length > 1 ? v.union(kinds, form.says) : kind,
    v.check((value) => form.accepts(value), form.says),
  );
}
