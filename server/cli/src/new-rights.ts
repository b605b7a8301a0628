import type { CustomClaims } from "@countersign/issuer";
import { formatClaims } from "./claim-options.ts";
import { type CommandLine, namesOf } from "./config.ts";
import { UsageError } from "./usage-error.ts";

/** What an account or a client is to have instead of what it has. Undefined: that stays. */
export interface NewRights {
  readonly scopes: readonly string[] | undefined;
  readonly roles: readonly string[] | undefined;
}

/**
 * Read which scopes and roles `set` is to replace.
 *
 * @throws UsageError when an option is given with its opposite
 */
export function readNewRights(line: CommandLine): NewRights {
  return {
    scopes: readNames(line, { some: "scope", none: "no-scopes" }),
    roles: readNames(line, { some: "role", none: "no-roles" }),
  };
}

function readNames(
  { values }: CommandLine,
  { some, none }: { readonly some: string; readonly none: string },
): readonly string[] | undefined {
  const isNone = values[none] === true;
  if (isNone && values[some] !== undefined) {
    throw new UsageError(`give --${some} or --${none}, not both`);
  }
  if (isNone) {
    return [];
  }
  return values[some] === undefined ? undefined : namesOf(values[some]);
}

/** @throws UsageError when `set` is to change nothing */
export function assertChange(change: object): void {
  if (Object.values(change).every((value) => value === undefined)) {
    throw new UsageError("say what to change, such as --scope SCOPE, --role ROLE or --claim NAME=VALUE");
  }
}

/** Write what an account or a client has, for people to read. */
export function formatRights(
  rights: Readonly<Record<string, readonly string[]>>,
  claims: CustomClaims,
): string {
  const lists = Object.entries(rights).map(([name, list]) =>
    list.length === 0 ? `no ${name}` : `${name} ${list.join(" ")}`,
  );
  const hasClaims = Object.keys(claims).length > 0;
  return [...lists, ...(hasClaims ? [`claims ${formatClaims(claims)}`] : [])].join(", ");
}
