import { describe, expect, test } from "vitest";
import { PROXY_LIMITS } from "../../server/cli/src/limit-settings.ts";
import type { Setting } from "../../server/cli/src/setting.ts";
import { SETTINGS } from "../../server/cli/src/settings.ts";
import { DEFAULT_LIMITS } from "../../server/gate/src/kernel/default-limits.ts";
import { notEmpty } from "../support/not-empty.ts";
import { documentOf } from "./documents.ts";
import { parseTable } from "./markdown.ts";

/** Where the options of each group are given. */
const GROUPS = {
  listen: "listen: limits.",
  buildRequestListener: "buildRequestListener: ",
  createAuth: "createAuth: ",
  messageLimits: "createAuth: messageLimits.",
  anonymousStreams: "createAuth: anonymousStreams.",
  createIssuer: "createIssuer: ",
  signals: "createIssuer: signals.",
} as const satisfies Partial<Record<keyof typeof DEFAULT_LIMITS, string>>;

const KIB = 1024;

/** Write a limit as the table does; the end of its name is its unit. */
function format(name: string, value: number): string {
  if (name.endsWith("Ms")) {
    return value % 60_000 === 0 ? `${value / 60_000} min` : `${value / 1_000} s`;
  }
  if (/Bytes($|Per)/.test(name)) {
    return value % KIB ** 2 === 0 ? `${value / KIB ** 2} MiB` : `${value / KIB} KiB`;
  }
  if (name.endsWith("Megabytes")) {
    return `${value} MB`;
  }
  return `${value.toLocaleString("en-US")}${name.endsWith("Chars") ? " characters" : ""}`;
}

describe("the table of limits in docs/operating.md", () => {
  const rows = parseTable(documentOf("docs/operating.md").markdown, "Limits");
  const defaults = Object.entries(GROUPS).flatMap(([group, prefix]) =>
    Object.entries(DEFAULT_LIMITS[group as keyof typeof GROUPS]).map(([name, value]) => ({
      option: prefix + name,
      says: format(name, value),
    })),
  );

  test.each(notEmpty(defaults))("has $option once, with its default $says", ({ option, says }) => {
    const found = rows.filter(([, name]) => name === option);
    expect(found.map(([, , , fallback = ""]) => fallback.split(/[,;] /, 1)[0])).toEqual([says]);
  });

  const fixed = Object.entries({ ...DEFAULT_LIMITS.forms, ...DEFAULT_LIMITS.errors });

  test.each(notEmpty(fixed))("has a row without an option for %s", (name, value) => {
    const says = format(name, value);
    expect(rows.filter(([, option, , fallback]) => option === "" && fallback === says)).not.toEqual([]);
  });

  const flagged = rows.filter(([, , flag]) => flag !== "");

  test.each(notEmpty(flagged))(
    "names a setting that there is: %s",
    (_limit, _option, flag = "", says = "") => {
      const all: readonly Setting<unknown>[] = Object.values(SETTINGS);
      const setting = all.find((known) => `--${known.flag}` === flag);
      expect(setting).toBeDefined();
      const value =
        setting?.fallback === undefined ? undefined : setting.parse(setting.fallback, setting.flag);
      if (typeof value === "number") {
        expect(says).toContain(format(setting?.flag === "max-token-bytes" ? "Bytes" : "", value));
      }
    },
  );

  test("says what holds behind a proxy", () => {
    for (const [name, value] of Object.entries(PROXY_LIMITS)) {
      const [row] = rows.filter(([, option = ""]) => option.endsWith(name));
      expect(row?.[3]).toContain(`; ${format(name, value)} with \`--behind-tls-proxy\``);
    }
  });

  test("says of each what happens, or stands behind one that does", () => {
    for (const [limit = "", , , , beyond] of rows) {
      expect(beyond !== "" || limit.startsWith("Of those")).toBe(true);
    }
  });
});
