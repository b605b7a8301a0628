import { expect, test } from "vitest";
import { backoffMs, PAUSE, RETRY } from "../../../sdk/src/core/backoff.ts";
import {
  attemptsLeft,
  blockedMs,
  HEALTHY,
  mayForce,
  withFailure,
  withForced,
  withSuccess,
} from "../../../sdk/src/core/budget.ts";

const NOW_MS = 1_800_000_000_000;

test("pauses for 5 s after the first failure and doubles up to a minute", () => {
  expect([1, 2, 3, 4, 5, 20].map((failures) => backoffMs(PAUSE, failures))).toEqual([
    5_000, 10_000, 20_000, 40_000, 60_000, 60_000,
  ]);
  let health = HEALTHY;
  for (const expected of [5_000, 10_000, 20_000]) {
    health = withFailure(health, NOW_MS, { attempts: 1 });
    expect(blockedMs(health, NOW_MS)).toBe(expected);
  }
});

test("waits for 250 ms at the most before the second attempt, and never longer than 4 s", () => {
  expect([1, 2, 3, 9].map((attempts) => backoffMs(RETRY, attempts))).toEqual([250, 500, 1_000, 4_000]);
});

test("leaves the server alone for as long as it asks", () => {
  const health = withFailure(HEALTHY, NOW_MS, { attempts: 1, retryAfterMs: 30_000 });
  expect(blockedMs(health, NOW_MS + 29_999)).toBe(1);
  expect(blockedMs(health, NOW_MS + 30_000)).toBe(0);
});

test("makes at most six failed or forced attempts a minute", () => {
  let health = withFailure(HEALTHY, NOW_MS, { attempts: 3 });
  health = withFailure(health, NOW_MS + 6_000, { attempts: 3 });
  expect(blockedMs(health, NOW_MS + 30_000)).toBe(30_000);
  expect(blockedMs(health, NOW_MS + 60_000)).toBe(0);
});

test("a refresh makes no more attempts than are left of the minute's six, and one in any case", () => {
  expect(attemptsLeft(HEALTHY, NOW_MS)).toBe(6);
  const health = withFailure(HEALTHY, NOW_MS, { attempts: 5 });
  expect(attemptsLeft(health, NOW_MS + 10_000)).toBe(1);
  expect(attemptsLeft(health, NOW_MS + 60_000)).toBe(6);
  expect(attemptsLeft(withForced(health, NOW_MS), NOW_MS)).toBe(1);
});

test("forces at most one refresh in 10 s", () => {
  expect(mayForce(HEALTHY, NOW_MS)).toBe(true);
  const health = withForced(HEALTHY, NOW_MS);
  expect(mayForce(health, NOW_MS + 9_999)).toBe(false);
  expect(mayForce(health, NOW_MS + 10_000)).toBe(true);
});

test("a success ends the pause, and what failed or was forced in the last minute still counts", () => {
  const health = withForced(withFailure(HEALTHY, NOW_MS, { attempts: 4 }), NOW_MS + 10_000);
  const after = withSuccess(health);
  expect(after).toMatchObject({ failures: 0, retryAtMs: 0, forcedAtMs: NOW_MS + 10_000 });
  expect(blockedMs(after, NOW_MS + 20_000)).toBe(0);
  const again = withSuccess(withForced(after, NOW_MS + 20_000));
  expect(blockedMs(again, NOW_MS + 20_001)).toBe(39_999);
  expect(blockedMs(again, NOW_MS + 60_000)).toBe(0);
});

test("a clock that is set back by hours does not lock a session out", () => {
  const health = withFailure(HEALTHY, NOW_MS, { attempts: 1 });
  expect(blockedMs(health, NOW_MS - 7_200_000)).toBe(0);
});
