import { AuthReason } from "@countersign/gen/countersign/auth/v1/errors_pb.js";
import { describe, expect, test } from "vitest";
import { CHECKS, HINTS } from "../../server/gate/src/errors/facts.ts";
import { notEmpty } from "../support/not-empty.ts";
import { documentOf } from "./documents.ts";
import { parseTable } from "./markdown.ts";
import { matchesOutput } from "./output.ts";
import { readRefusalMessages } from "./refusal-messages.ts";

const { markdown } = documentOf("docs/troubleshooting.md");
const reasons = Object.keys(AuthReason).filter(
  (name) => Number.isNaN(Number(name)) && name !== "UNSPECIFIED",
);
const headings = [...markdown.matchAll(/^### (Why [A-Z].*)$/gm)].map(([, heading = ""]) => heading);

const rows = reasons.flatMap((reason) =>
  parseTable(markdown, `Why ${reason}`).map(([messages = "", checks = "", advice = ""]) => ({
    reason,
    messages: namesOf(messages),
    checks: namesOf(checks),
    advice,
  })),
);
const documented = rows.flatMap(({ reason, messages }) => messages.map((message) => ({ reason, message })));
const sent = readRefusalMessages();

/** Read the names of a cell, whose first and last backtick the table has lost. */
function namesOf(cell: string): readonly string[] {
  return cell === "" ? [] : cell.split("`, `");
}

describe("docs/troubleshooting.md", () => {
  test("has a heading for each reason of errors.proto", () => {
    const named = headings.flatMap((heading) => heading.match(/\b[A-Z]+_[A-Z_]+\b/g) ?? []);
    expect(named.toSorted()).toEqual(reasons.toSorted());
  });

  test("has every check that can refuse a call, and what its token may look like", () => {
    expect(new Set(rows.flatMap(({ checks }) => checks))).toEqual(new Set(CHECKS));
    expect(HINTS.filter((hint) => !markdown.includes(`\`${hint}\``))).toEqual([]);
  });

  test.each(notEmpty(sent))("knows $reason: $message", ({ reason, message }) => {
    const known = documented.filter((row) => row.reason === reason && matchesOutput(row.message, message));
    expect(known).not.toEqual([]);
  });

  test.each(notEmpty(documented))("is right that $reason may say: $message", ({ reason, message }) => {
    expect(sent.filter((row) => row.reason === reason && matchesOutput(message, row.message))).not.toEqual(
      [],
    );
  });

  test("says of each row what to do", () => {
    expect(rows.filter(({ advice }) => !/\w.*\.$/.test(advice))).toEqual([]);
  });
});
