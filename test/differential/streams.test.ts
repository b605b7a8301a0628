import { afterAll, describe, expect, test } from "vitest";
import { notEmpty } from "../support/not-empty.ts";
import { STREAM_CASES } from "./cases/all.ts";
import { startSides } from "./compare.ts";
import { connectHandler, fastPath } from "./variants.ts";

const sides = startSides(fastPath, connectHandler);
afterAll(() => sides[Symbol.asyncDispose]());

test("there are at least 400 exchanges, and none stands twice", () => {
  const names = Object.values(STREAM_CASES)
    .flat()
    .map(({ name, transport }) => `${name} ${transport ?? ""}`);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  expect(names.length).toBeGreaterThanOrEqual(400);
});

describe("the fast path serves streams as connect's own handler does, and tells handlers the same", () => {
  describe.each(Object.entries(STREAM_CASES))("%s", (_, cases) => {
    test.each(notEmpty(cases))("$name", async (sent) => {
      const { one, other } = await sides.compare(sent);
      expect(one).toEqual(other);
    });
  });
});
