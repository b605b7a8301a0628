import { readFile } from "node:fs/promises";
import type { IssuerOptions } from "@countersign/server";
import * as v from "valibot";
import { parseDuration } from "./duration.ts";
import { askIfMeant } from "./similar-name.ts";
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

/** Which claims hold scopes and roles. */
const claims = v.strictObject({ scopes: v.optional(name), roles: v.optional(name) });

/** An issuer, with every source of keys that there is. */
const issuer = v.strictObject({
  issuer: name,
  audiences: v.optional(names),
  algorithms: v.optional(v.pipe(v.array(v.picklist(["EdDSA", "ES256", "PS256", "RS256"])), v.nonEmpty())),
  types: v.optional(names),
  claims: v.optional(claims),
  exchange: v.optional(exchange),
  jwks: v.optional(v.looseObject({ keys: v.array(v.unknown()) })),
  jwksUri: v.optional(name),
  discovery: v.optional(v.literal(true)),
});

/** Where the members of an issuer are known from, by the path to their object. */
const MEMBERS: ReadonlyMap<string, readonly string[]> = new Map([
  ["", Object.keys(issuer.entries)],
  ["claims", Object.keys(claims.entries)],
  ["exchange", Object.keys(exchange.entries)],
]);

/** What tokens of an issuer can be exchanged for, as the file says. */
export type ExchangeSettings = v.InferOutput<typeof exchange>;

/** An issuer of the file. */
export interface TrustedIssuerEntry extends IssuerOptions {
  /** Absent: its tokens are not exchanged. */
  readonly exchange?: ExchangeSettings | undefined;
}

/** The file: an array of issuers, each with exactly one source of keys. */
const TrustedIssuersFile = v.array(
  v.pipe(
    issuer,
    v.check(
      ({ jwks, jwksUri, discovery }) =>
        [jwks, jwksUri, discovery].filter((source) => source !== undefined).length === 1,
      "needs exactly one of jwks, jwksUri and discovery: true",
    ),
  ),
  'must be a list of issuers: [{ "issuer": "https://…", … }]',
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
    // A member that is missing is often one that is misspelt: that one is named first.
    const issue = result.issues.find(isUnknownMember) ?? result.issues[0];
    throw new CommandError(`${path}: ${describeIssue(issue)}`);
  }
  return result.output.map(toIssuerOptions);
}

/** Describe what is wrong, with the entry, counted from one, and the member. */
function describeIssue(issue: v.BaseIssue<unknown>): string {
  const [index, ...members] = v.getDotPath(issue)?.split(".") ?? [];
  const where = index === undefined ? "the file" : `entry ${Number(index) + 1}`;
  if (isUnknownMember(issue)) {
    return `${where}: ${describeUnknownMember(members)}`;
  }
  return [where, members.join("."), issue.message].filter((part) => part !== "").join(": ");
}

function isUnknownMember(issue: v.BaseIssue<unknown>): boolean {
  return issue.type === "strict_object" && issue.expected === "never";
}

function describeUnknownMember(members: readonly string[]): string {
  const parent = members.slice(0, -1).join(".");
  const meant = askIfMeant(
    members.at(-1) ?? "",
    MEMBERS.get(parent) ?? [],
    parent === "" ? "" : `${parent}.`,
  );
  return `there is no member ${JSON.stringify(members.join("."))}${meant}`;
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw new CommandError(`the file of trusted issuers ${path} ${describeUnreadable(cause)}`, { cause });
  }
}

/** Say why a file is not read. What stands in it is not repeated. */
function describeUnreadable(error: unknown): string {
  if (error instanceof SyntaxError) {
    const [, line] = /\(line (\d+) column \d+\)/.exec(error.message) ?? [];
    return line === undefined ? "is not JSON" : `is not JSON: see line ${line}`;
  }
  const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
  return isMissing ? "does not exist" : "cannot be read";
}

function toIssuerOptions(entry: v.InferOutput<typeof issuer>): TrustedIssuerEntry {
  const { jwks, jwksUri, discovery, ...options } = entry;
  return { ...options, keys: toKeys({ jwks, jwksUri, discovery }) };
}

type KeySources = Pick<v.InferOutput<typeof issuer>, "discovery" | "jwks" | "jwksUri">;

/** The file has exactly one of these. */
function toKeys({ jwks, jwksUri }: KeySources): IssuerOptions["keys"] {
  if (jwks !== undefined) {
    return { jwks };
  }
  return jwksUri === undefined ? { discovery: true } : { jwksUri };
}
