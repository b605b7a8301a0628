import { afterAll, describe, expect, test } from "vitest";
import { PROVEN_VERSIONS, readConnectVersion } from "../../server/node/src/connect-version.ts";
import { notEmpty } from "../support/not-empty.ts";
import { ALL_CASES } from "./cases/all.ts";
import { startSides } from "./compare.ts";
import { connectHandler, fastPath } from "./variants.ts";

const sides = startSides(fastPath, connectHandler);
afterAll(() => sides[Symbol.asyncDispose]());

test("the release of Connect is the one that is meant", () => {
  expect(readConnectVersion()).toBe(process.env.COUNTERSIGN_TEST_CONNECT_VERSION ?? PROVEN_VERSIONS[0]);
});

describe("the fast path answers as connect's own handler does, and tells handlers the same", () => {
  describe.each(Object.entries(ALL_CASES))("%s", (_, cases) => {
    test.each(notEmpty(cases))("$name", async (sent) => {
      const { one, other } = await sides.compare(sent);
      expect(one).toEqual(other);
    });
  });
});
