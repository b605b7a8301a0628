import type { AlternativeNames } from "../kernel/client-certificate.ts";

const NO_NAMES: readonly string[] = Object.freeze([]);

/** The names of no certificate. */
export const NO_ALTERNATIVE_NAMES: AlternativeNames = Object.freeze({
  uri: NO_NAMES,
  dns: NO_NAMES,
  email: NO_NAMES,
  ip: NO_NAMES,
});

/**
 * Write the subject of a certificate in one line, its own name first
 * ([RFC 4514](https://www.rfc-editor.org/rfc/rfc4514#section-2.1)).
 *
 * @param lines as Node has it: a line for each part, the widest first, with the escapes of RFC 4514
 * @returns undefined when it is empty
 */
export function toSubject(lines: string | undefined): string | undefined {
  const parts = (lines ?? "").split("\n").filter((line) => line !== "");
  // A plus sign in a name is escaped: one between spaces joins two names.
  return parts.length === 0 ? undefined : parts.reverse().join(",").replaceAll(" + ", "+");
}

/** How Node begins the names of each kind. */
const PREFIXES = [
  ["URI:", "uri"],
  ["DNS:", "dns"],
  ["email:", "email"],
  ["IP Address:", "ip"],
] as const satisfies readonly (readonly [string, keyof AlternativeNames])[];

/**
 * Read the names in the extension subjectAltName.
 *
 * @param joined as Node joins them: it quotes a name that has a comma or a quote, and writes the comma as an escape
 */
export function parseAlternativeNames(joined: string | undefined): AlternativeNames {
  const names = { uri: [] as string[], dns: [] as string[], email: [] as string[], ip: [] as string[] };
  for (const entry of (joined ?? "").split(", ")) {
    const [prefix, kind] = PREFIXES.find(([start]) => entry.startsWith(start)) ?? [];
    const name = prefix === undefined ? undefined : unquote(entry.slice(prefix.length));
    if (kind !== undefined && name !== undefined && name !== "") {
      names[kind].push(name);
    }
  }
  for (const list of Object.values(names)) {
    Object.freeze(list);
  }
  return Object.freeze(names);
}

/** @returns undefined when it is no name that can be read */
function unquote(name: string): string | undefined {
  if (!name.startsWith('"')) {
    return name;
  }
  try {
    const text: unknown = JSON.parse(name);
    return typeof text === "string" ? text : undefined;
  } catch {
    return undefined;
  }
}
