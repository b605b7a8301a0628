import { expect, test } from "vitest";
import { formatList, formatTime } from "../../server/cli/src/table.ts";

const COLUMNS = ["name", "scopes", "active", "ended"] as const;
const ROWS = [
  { name: "a", scopes: ["x", "y"], active: true, ended: formatTime(undefined) },
  { name: "longer", scopes: [], active: false, ended: formatTime(1_000) },
];

test("a list is a table for people", () => {
  expect(formatList(COLUMNS, ROWS, { json: false })).toEqual([
    "NAME    SCOPES  ACTIVE  ENDED",
    "a       x y     yes     -",
    "longer          no      1970-01-01T00:00:01Z",
  ]);
});

test("a list is JSON for programs, with its types and with every member", () => {
  const [text = ""] = formatList(COLUMNS, ROWS, { json: true });
  expect(JSON.parse(text)).toEqual([
    { name: "a", scopes: ["x", "y"], active: true, ended: null },
    { name: "longer", scopes: [], active: false, ended: "1970-01-01T00:00:01Z" },
  ]);
});

test("a list of nothing still has its header, or is an empty list", () => {
  expect(formatList(COLUMNS, [], { json: false })).toEqual(["NAME  SCOPES  ACTIVE  ENDED"]);
  expect(formatList(COLUMNS, [], { json: true })).toEqual(["[]"]);
});
