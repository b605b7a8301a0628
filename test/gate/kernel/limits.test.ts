import { expect, test } from "vitest";
import { resolveLimits } from "../../../server/gate/src/kernel/limits.ts";
import { resolveMessageLimits } from "../../../server/gate/src/kernel/message-limits.ts";

const defaults = { perPeer: 100, total: 2_000 };

test("limits that are not given are the default ones", () => {
  expect(resolveLimits("streams", defaults, { total: 5 })).toEqual({ perPeer: 100, total: 5 });
});

test("a limit that is undefined is the default one", () => {
  const given: object = { perPeer: undefined, total: 5 };
  expect(resolveLimits("streams", defaults, given)).toEqual({ perPeer: 100, total: 5 });
});

test("the limit on elements holds in JSON too, unless JSON has one of its own", () => {
  expect(resolveMessageLimits({ maxElements: 50 }).jsonMaxElements).toBe(50);
  expect(resolveMessageLimits({ maxElements: 200_000 }).jsonMaxElements).toBe(12_000);
  expect(resolveMessageLimits({ maxElements: 50, jsonMaxElements: 80 }).jsonMaxElements).toBe(80);
});

test.each([0, -1, 1.5, Number.NaN, Infinity])("%d is no limit", (total) => {
  expect(() => resolveLimits("streams", defaults, { total })).toThrow(
    new TypeError("streams.total must be a positive whole number"),
  );
});

test("a limit that is misspelt is refused, with the one that was meant", () => {
  const misspelt = { perpeer: 5 } as Partial<typeof defaults>;
  expect(() => resolveLimits("streams", defaults, misspelt)).toThrow(
    new TypeError("streams has no option perpeer: did you mean perPeer?"),
  );
});
