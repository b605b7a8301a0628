import type { CustomClaims } from "@countersign/issuer";
import { type CommandLine, namesOf } from "./config.ts";
import { UsageError } from "./usage-error.ts";

/** What text that was meant as JSON begins with: it is not taken for text because of a slip. */
const JSON_START = /^\s*[[{"]/;

/**
 * Read the claims of `--claim NAME=VALUE`. A value that is JSON is what it says; any other is text.
 *
 * @returns undefined when there are none
 * @throws UsageError when one has no value, is broken JSON, or stands twice
 */
export function readClaims({ values }: CommandLine): CustomClaims | undefined {
  if (values.claim === undefined) {
    return undefined;
  }
  const claims = namesOf(values.claim).map(parseClaim);
  const twice = claims.find(([name], index) => claims.findIndex(([other]) => other === name) < index);
  if (twice !== undefined) {
    throw new UsageError(`--claim ${twice[0]} is given twice`);
  }
  return Object.fromEntries(claims);
}

/**
 * Read which claims `set` is to have instead of those that there are: `--claim` gives some a value, `--no-claim` takes some
 * away, and `--no-claims` takes all away.
 *
 * @param current reads those that there are; it is only called when some of them may stay
 * @returns undefined when nothing is to change
 * @throws UsageError when an option is given with its opposite, and as {@link readClaims}
 */
export async function readNewClaims(
  line: CommandLine,
  current: () => Promise<CustomClaims | undefined>,
): Promise<CustomClaims | undefined> {
  const given = readClaims(line);
  const removed = namesOf(line.values["no-claim"]);
  const both = removed.find((name) => given !== undefined && Object.hasOwn(given, name));
  if (both !== undefined) {
    throw new UsageError(`give --claim ${both}=… or --no-claim ${both}, not both`);
  }
  if (line.values["no-claims"] === true) {
    if (given !== undefined || removed.length > 0) {
      throw new UsageError("give --no-claims alone: it takes all claims away");
    }
    return {};
  }
  if (given === undefined && removed.length === 0) {
    return undefined;
  }
  const kept = Object.entries((await current()) ?? {}).filter(([name]) => !removed.includes(name));
  return { ...Object.fromEntries(kept), ...given };
}

/** Write claims for people to read. */
export function formatClaims(claims: CustomClaims): string {
  return Object.entries(claims)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(" ");
}

function parseClaim(text: string): readonly [name: string, value: CustomClaims[string]] {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new UsageError("--claim needs a name and a value, such as --claim tenant=acme");
  }
  return [name, parseValue(name, value)];
}

function parseValue(name: string, text: string): CustomClaims[string] {
  try {
    return JSON.parse(text);
  } catch {
    if (JSON_START.test(text)) {
      throw new UsageError(`--claim ${name}: its value begins like JSON and is none`);
    }
    return text;
  }
}
