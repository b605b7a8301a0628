import { readFile } from "node:fs/promises";
import * as v from "valibot";
import { describeIssues } from "./issuer-file/describe-issue.ts";
import { type EntrySettings, trustedIssuersFile } from "./issuer-file/file-schema.ts";
import { type TrustedIssuerEntry, toEntry } from "./issuer-file/to-entry.ts";
import { CommandError } from "./usage-error.ts";

/**
 * Read the file of other issuers whose tokens are accepted.
 *
 * @param path the file; undefined: no others
 * @param onWarning is told of what is read for one release more
 * @throws CommandError when it cannot be read, or says something that is not understood
 */
export async function readTrustedIssuers(
  path: string | undefined,
  onWarning: (warning: string) => void,
): Promise<readonly TrustedIssuerEntry[]> {
  if (path === undefined) {
    return [];
  }
  const result = v.safeParse(trustedIssuersFile, await readJson(path));
  if (!result.success) {
    throw new CommandError(`${path}: ${describeIssues(result.issues)}`);
  }
  const settings = Array.isArray(result.output) ? result.output : result.output.issuers;
  warnOfFlatEntries(path, settings, onWarning);
  const entries = await Promise.all(settings.map((entry, index) => readEntry(entry, { path, index })));
  assertOnce(path, entries);
  return entries;
}

interface EntryPlace {
  readonly path: string;
  readonly index: number;
}

async function readEntry(settings: EntrySettings, { path, index }: EntryPlace): Promise<TrustedIssuerEntry> {
  try {
    return await toEntry(settings, path);
  } catch (cause) {
    const isClear = cause instanceof CommandError || cause instanceof TypeError;
    throw isClear ? new CommandError(`${path}: entry ${index + 1}: ${cause.message}`, { cause }) : cause;
  }
}

function warnOfFlatEntries(
  path: string,
  settings: readonly EntrySettings[],
  onWarning: (warning: string) => void,
): void {
  const numbers = settings.flatMap((entry, index) =>
    "preset" in entry || "keys" in entry ? [] : [index + 1],
  );
  if (numbers.length > 0) {
    onWarning(
      `${path}: ${numbers.length === 1 ? "entry" : "entries"} ${numbers.join(", ")}: jwks, jwksUri and discovery stand in ` +
        '"keys" now, such as "keys": { "discovery": true }; beside issuer, the next release does not read them',
    );
  }
}

/** Each issuer has one set of options: which of two would hold is not to be guessed. */
function assertOnce(path: string, entries: readonly TrustedIssuerEntry[]): void {
  const names = entries.map(({ issuer }) => issuer);
  const second = names.findIndex((issuer, index) => names.indexOf(issuer) < index);
  if (second >= 0) {
    const issuer = names[second] ?? "";
    throw new CommandError(
      `${path}: entries ${names.indexOf(issuer) + 1} and ${second + 1} are both of issuer ${issuer}: make them one`,
    );
  }
}

/** Names that are no members: JavaScript gives them a meaning of their own, and they would be passed over. */
const NO_NAMES: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"), (name, value: unknown) => {
      if (NO_NAMES.has(name)) {
        throw new CommandError(`${path}: there cannot be a member ${JSON.stringify(name)}`);
      }
      return value;
    });
  } catch (cause) {
    throw cause instanceof CommandError
      ? cause
      : new CommandError(`the file of trusted issuers ${path} ${describeUnreadable(cause)}`, { cause });
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
