import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { expect, test } from "vitest";
import { createSentHeaders } from "../../../server/gate/src/connect/sent-headers.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { createTestClock } from "../../support/test-clock.ts";

function setUp() {
  const warnings: string[] = [];
  const clock = createTestClock(0);
  const sentHeadersOf = createSentHeaders({ onWarning: (message) => warnings.push(message), clock });
  const send = (): Headers => {
    const header = new Headers({ "content-type": "application/grpc", "x-own": "one" });
    sentHeadersOf(NotesService.method.watchNotes)(header);
    return header;
  };
  return { warnings, clock, send };
}

interface Case {
  readonly name: string;
  readonly change: (header: Headers) => void;
  /** The fields that are named. Absent: there is no warning. */
  readonly lost?: string;
}

const CASES: readonly Case[] = [
  { name: "is read only", change: (header) => void header.get("x-own") },
  { name: "gets a value that it has", change: (header) => header.set("X-Own", "one") },
  { name: "loses a field that it does not have", change: (header) => header.delete("x-other") },
  { name: "is replaced by one that says the same", change: (header) => replace(header, {}) },
  { name: "gets another value", change: (header) => header.set("X-Own", "two"), lost: "x-own" },
  { name: "gets one more value", change: (header) => header.append("x-own", "two"), lost: "x-own" },
  { name: "gets a field", change: (header) => header.set("x-new", "two"), lost: "x-new" },
  { name: "loses a field", change: (header) => header.delete("x-own"), lost: "x-own" },
  { name: "is replaced by another", change: (header) => replace(header, { "x-a": "b" }), lost: "x-a" },
];

/** As Connect does it for an interceptor that answers with a header of its own. */
function replace(header: Headers, more: Readonly<Record<string, string>>): void {
  const fields = { ...Object.fromEntries(header), ...more };
  header.forEach((_, name) => {
    header.delete(name);
  });
  for (const [name, value] of Object.entries(fields)) {
    header.set(name, value);
  }
}

test.each(notEmpty(CASES))("a header that has been sent, and $name", async ({ change, lost }) => {
  const { warnings, send } = setUp();
  change(send());
  await Promise.resolve();
  const names = warnings.map(
    (warning) => / changes (.+) in the response header of a stream/.exec(warning)?.[1],
  );
  expect(names).toEqual(lost === undefined ? [] : [lost]);
});

test("a header does all that it did before it was sent", () => {
  const { send } = setUp();
  const header = send();
  header.append("x-own", "two");
  header.set("x-new", "three");
  header.delete("content-type");
  expect([...header]).toEqual([
    ["x-new", "three"],
    ["x-own", "one, two"],
  ]);
});

test("a method is warned of once a minute, however many streams it has", async () => {
  const { warnings, clock, send } = setUp();
  for (const afterMs of [0, 0, 59_999, 1]) {
    clock.advance(afterMs);
    send().set("x-new", "two");
    await Promise.resolve();
  }
  expect(warnings).toHaveLength(2);
});
