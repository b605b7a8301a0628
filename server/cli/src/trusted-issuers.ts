import { readFile } from "node:fs/promises";
import type { IssuerOptions } from "@countersign/server";
import * as v from "valibot";
import { parseDuration } from "./duration.ts";
import { CommandError } from "./usage-error.ts";

const name = v.pipe(v.string(), v.nonEmpty());
const names = v.pipe(v.array(name), v.nonEmpty());

/** How long something goes on: a duration that is not nothing, in milliseconds. */
const lifetime = v.pipe(
  name,
  v.transform(parseDuration),
  v.number("must be a duration such as 30m or 8h"),
  v.minValue(1, "must be a duration that is not nothing"),
);

/** What tokens of an issuer can be exchanged for. */
const exchange = v.strictObject({
  subject: v.optional(name),
  scopes: v.optional(v.array(name)),
  roles: v.optional(v.record(name, v.array(name))),
  require: v.optional(v.record(name, v.string())),
  audiences: v.optional(names),
  types: v.optional(names),
  untyped: v.optional(v.boolean()),
  acr: v.optional(v.record(name, name)),
  amr: v.optional(v.array(name)),
  refresh: v.optional(lifetime),
});

/** What every issuer says, whatever its keys are. */
const common = {
  issuer: name,
  audiences: v.optional(names),
  algorithms: v.optional(v.pipe(v.array(v.picklist(["EdDSA", "ES256", "PS256", "RS256"])), v.nonEmpty())),
  types: v.optional(names),
  claims: v.optional(v.strictObject({ scopes: v.optional(name), roles: v.optional(name) })),
  exchange: v.optional(exchange),
};

/** What tokens of an issuer can be exchanged for, as the file says. */
export type ExchangeSettings = v.InferOutput<typeof exchange>;

/** An issuer of the file. */
export interface TrustedIssuerEntry extends IssuerOptions {
  /** Absent: its tokens are not exchanged. */
  readonly exchange?: ExchangeSettings | undefined;
}

/** The file: an array of issuers, each with exactly one source of keys. */
const TrustedIssuersFile = v.array(
  v.union(
    [
      v.strictObject({ ...common, jwks: v.looseObject({ keys: v.array(v.unknown()) }) }),
      v.strictObject({ ...common, jwksUri: name }),
      v.strictObject({ ...common, discovery: v.literal(true) }),
    ],
    "needs exactly one of jwks, jwksUri and discovery: true, and no member that is not known",
  ),
);

/**
 * Read the file of other issuers whose tokens are accepted.
 *
 * @param path the file; undefined: no others
 * @throws CommandError when it cannot be read, or says something that is not understood
 */
export async function readTrustedIssuers(path: string | undefined): Promise<readonly TrustedIssuerEntry[]> {
  if (path === undefined) {
    return [];
  }
  const result = v.safeParse(TrustedIssuersFile, await readJson(path));
  if (!result.success) {
    throw new CommandError(`${path}: ${describeIssue(result.issues[0])}`);
  }
  return result.output.map(toIssuerOptions);
}

/** Say which entry is wrong, in the words of who wrote the file. */
function describeIssue(issue: v.BaseIssue<unknown>): string {
  const [index, ...members] = (v.getDotPath(issue) ?? "").split(".");
  const where = index === "" ? "the file" : `entry ${Number(index) + 1}`;
  return [where, members.join("."), issue.message].filter((part) => part !== "").join(": ");
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    const why = cause instanceof SyntaxError ? "is not JSON" : "cannot be read";
    throw new CommandError(`the file of trusted issuers ${path} ${why}`, { cause });
  }
}

function toIssuerOptions(entry: v.InferOutput<typeof TrustedIssuersFile>[number]): TrustedIssuerEntry {
  const { issuer, audiences, algorithms, types, claims, exchange: exchanged, ...keys } = entry;
  return { issuer, keys, audiences, algorithms, types, claims, exchange: exchanged };
}
