import { afterAll, describe, expect, test } from "vitest";
import { notEmpty } from "../support/not-empty.ts";
import { ALL_CASES } from "./cases/all.ts";
import { startSides } from "./compare.ts";
import { fastPath, observedEvents, observedFastPath } from "./variants.ts";

const sides = startSides(fastPath, observedFastPath);
afterAll(() => sides[Symbol.asyncDispose]());

describe("a server that is observed answers as one that is not, and tells handlers the same", () => {
  // What an observer sees is decided by then: of how messages are coded and framed, nothing of it depends.
  const groups = Object.entries(ALL_CASES).filter(([name]) => /gate|interception|errors/.test(name));

  test("there are cases", () => expect(groups.flatMap(([, cases]) => cases).length).toBeGreaterThan(50));

  describe.each(notEmpty(groups))("%s", (_, cases) => {
    test.each(notEmpty(cases))("$name", async (sent) => {
      const { one, other } = await sides.compare(sent);
      expect(one).toEqual(other);
    });
  });

  test("and was observed", () => expect(observedEvents()).toBeGreaterThan(50));
});
