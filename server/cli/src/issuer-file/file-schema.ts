import * as v from "valibot";
import { FLAT_KEYS, flatEntry, issuerEntry } from "./issuer-schema.ts";
import { presetEntry } from "./preset-schema.ts";
import { choose, described, name, objectOf } from "./schema-parts.ts";

/** An issuer of the file: by itself, or by the preset of its provider. */
export const entry = choose<typeof issuerEntry | typeof presetEntry | typeof flatEntry>(
  [issuerEntry, presetEntry],
  (input) => {
    if (hasSome(input, ["preset"])) {
      return presetEntry;
    }
    return hasSome(input, FLAT_KEYS) && !hasSome(input, ["keys"]) ? flatEntry : issuerEntry;
  },
);

/** An issuer of the file, as it stands there. */
export type EntrySettings = v.InferOutput<typeof entry>;

const list = v.array(entry, ({ input }) =>
  hasSome(input, ["issuer", "preset"])
    ? "must be a list of issuers: put [ and ] around this one"
    : 'must be a list of issuers: [{ "issuer": "https://…", … }]',
);

/** A list within an object, which can name the schema for editors. */
const wrapped = objectOf({
  $schema: v.exactOptional(described(name, "The JSON Schema of this file, for editors.")),
  issuers: list,
});

/** The file of trusted issuers. */
export const trustedIssuersFile = choose<typeof list | typeof wrapped>([list, wrapped], (input) =>
  hasSome(input, ["issuers", "$schema"]) ? wrapped : list,
);

function hasSome(input: unknown, members: readonly string[]): boolean {
  return (
    typeof input === "object" && input !== null && members.some((member) => Object.hasOwn(input, member))
  );
}
