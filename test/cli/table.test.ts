import { expect, test } from "vitest";
import { type Answer, printAnswer, toAnswer, toListAnswer } from "../../server/cli/src/answer.ts";
import { formatList, formatTime } from "../../server/cli/src/table.ts";

const COLUMNS = ["name", "scopes", "active", "ended"] as const;
const ROWS = [
  { name: "a", scopes: ["x", "y"], active: true, ended: formatTime(undefined) },
  { name: "longer", scopes: [], active: false, ended: formatTime(1_000) },
];

/** Print an answer as JSON. */
function print(answer: Answer): string {
  const printed: string[] = [];
  printAnswer(answer, {
    store: "/data/countersign.db",
    isJson: true,
    print: (line) => void printed.push(line),
  });
  return printed.join("\n");
}

test("a list is a table for people", () => {
  expect(formatList(COLUMNS, ROWS)).toEqual([
    "NAME    SCOPES  ACTIVE  ENDED",
    "a       x y     yes     -",
    "longer          no      1970-01-01T00:00:01Z",
  ]);
});

test("a list is JSON for programs, with its types and with every member", () => {
  expect(JSON.parse(print(toListAnswer(COLUMNS, ROWS)))).toEqual([
    { name: "a", scopes: ["x", "y"], active: true, ended: null },
    { name: "longer", scopes: [], active: false, ended: "1970-01-01T00:00:01Z" },
  ]);
});

test("a list of nothing still has its header, or is an empty list", () => {
  expect(formatList(COLUMNS, [])).toEqual(["NAME  SCOPES  ACTIVE  ENDED"]);
  expect(print(toListAnswer(COLUMNS, []))).toBe("[]");
});

test("an object is JSON on one line, and names the store that it is of", () => {
  expect(print(toAnswer(["done"], { kid: "a", retired: undefined }))).toBe(
    '{"kid":"a","retired":null,"store":"/data/countersign.db"}',
  );
});
