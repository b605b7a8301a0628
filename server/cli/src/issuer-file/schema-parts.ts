import * as v from "valibot";
import { findSimilarName } from "../similar-name.ts";

/** Text that is not empty. */
export const name = v.pipe(v.string("must be text"), v.nonEmpty("must not be empty"));

/** At least one text, none of them empty. */
export const names = v.pipe(v.array(name, "must be a list of texts"), v.nonEmpty("must not be empty"));

/** A switch. */
export const flag = v.boolean("must be true or false");

/** What stands in a claim, where the file names a value. */
export const claimValue = v.union(
  [v.string(), v.pipe(v.number(), v.finite()), v.boolean()],
  "must be text, a number, true or false",
);

/** The schemas of the members of an object. */
export type Members = Readonly<Record<string, v.GenericSchema>>;

/** A list is an object to JavaScript, and an empty one would be an object without members. */
const noList = v.never("must be an object, not a list");

type ObjectSchema<E extends Members> = v.LazySchema<v.StrictObjectSchema<E, ObjectMessage> | typeof noList>;

/** Says what is wrong with an object: is called with the issue, and with its message so far. */
type ObjectMessage = (issue: v.StrictObjectIssue) => string;

/**
 * Create the schema of an object with just these members. The issue about any other has what was probably meant as its
 * message, or else what there is.
 *
 * @param inside names of members that stand further inside, and the way to them
 */
export function objectOf<const E extends Members>(
  entries: E,
  inside: Readonly<Record<string, string>> = {},
): ObjectSchema<E> {
  const known = { own: Object.keys(entries), inside };
  const schema = v.strictObject(entries, (issue: v.StrictObjectIssue) => describeObjectIssue(issue, known));
  return v.lazy((input) => (Array.isArray(input) ? noList : schema));
}

/** Check whether an issue is about a member that there is not. */
export function isUnknownMember(issue: v.BaseIssue<unknown>): boolean {
  return issue.type === "strict_object" && issue.expected === "never";
}

interface KnownMembers {
  readonly own: readonly string[];
  readonly inside: Readonly<Record<string, string>>;
}

function describeObjectIssue(issue: v.StrictObjectIssue, { own, inside }: KnownMembers): string {
  if (!isUnknownMember(issue)) {
    return issue.path === undefined ? "must be an object" : "is missing";
  }
  const member = String(issue.input);
  const deeper = findSimilarName(member, Object.keys(inside));
  return findSimilarName(member, own) ?? (deeper && inside[deeper]) ?? `; it has ${own.join(", ")}`;
}

/** Create the schema of an object whose members have names of the user's choice. */
export function recordOf<S extends v.GenericSchema>(
  value: S,
): v.LazySchema<v.RecordSchema<typeof name, S, string> | typeof noList> {
  const schema = v.record(name, value, "must be an object");
  return v.lazy((input) => (Array.isArray(input) ? noList : schema));
}

/** Create the schema of one thing or a list of them. */
export function oneOrMore<S extends v.GenericSchema>(
  one: S,
): v.LazySchema<S | v.SchemaWithPipe<readonly [v.ArraySchema<S, undefined>, NonEmpty<S>]>> {
  const list = v.pipe(v.array(one), v.nonEmpty("must not be empty"));
  return choose([one, list], (input) => (Array.isArray(input) ? list : one));
}

type NonEmpty<S extends v.GenericSchema> = v.NonEmptyAction<v.InferOutput<S>[], string>;

/**
 * Create the schema of what has one of several forms. By the form that was chosen, an issue names the member that is
 * wrong; of a union of all it would only say that none of them fits.
 *
 * @param forms all of them: what editors are told
 * @param choosing chooses the form that is to be parsed
 */
export function choose<S extends v.GenericSchema>(
  forms: readonly S[],
  choosing: (input: unknown) => NoInfer<S>,
): v.LazySchema<S> {
  // Only what writes the schema for editors asks without an input: JSON has no undefined.
  const all = v.union(forms) as unknown as S;
  return v.lazy((input) => (input === undefined ? all : choosing(input)));
}

/** Say to editors what a member does. */
export function described<S extends v.GenericSchema>(schema: S, description: string): DescribedSchema<S> {
  return v.pipe(schema, v.description(description));
}

type DescribedSchema<S extends v.GenericSchema> = v.SchemaWithPipe<
  readonly [S, v.DescriptionAction<v.InferOutput<S>, string>]
>;

/** Create the schema of a member that may be absent, and say to editors what it does. */
export function option<S extends v.GenericSchema>(
  schema: S,
  description: string,
): v.ExactOptionalSchema<DescribedSchema<S>, undefined> {
  return v.exactOptional(described(schema, description));
}
