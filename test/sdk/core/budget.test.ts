import { expect, test } from "vitest";
import { pauseMs, retryMs } from "../../../sdk/src/core/backoff.ts";
import {
  attemptsLeft,
  blockedMs,
  HEALTHY,
  msUntilForce,
  withAttempt,
  withFailedAttempt,
  withFailure,
  withForced,
  withoutAttempt,
  withSuccess,
} from "../../../sdk/src/core/budget.ts";
import type { RefreshHealth } from "../../../sdk/src/core/store.ts";

const NOW_MS = 1_800_000_000_000;

/** The health of a session with so many attempts that have failed now. */
function failed(attempts: number): RefreshHealth {
  let health = HEALTHY;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    health = withFailedAttempt(health, NOW_MS);
  }
  return health;
}

test("pauses for 5 s after the first failure and doubles up to a minute", () => {
  expect([1, 2, 3, 4, 5, 20].map((failures) => pauseMs(failures))).toEqual([
    5_000, 10_000, 20_000, 40_000, 60_000, 60_000,
  ]);
  let health = HEALTHY;
  for (const expected of [5_000, 10_000, 20_000]) {
    health = withFailure(health, NOW_MS);
    expect(blockedMs(health, NOW_MS)).toBe(expected);
  }
});

test("waits for 250 ms at the most before the second attempt, and never longer than 4 s", () => {
  expect([1, 2, 3, 9].map((attempts) => retryMs(attempts))).toEqual([250, 500, 1_000, 4_000]);
});

test("leaves the server alone for as long as it asks", () => {
  const health = withFailure(HEALTHY, NOW_MS, 30_000);
  expect(blockedMs(health, NOW_MS + 29_999)).toBe(1);
  expect(blockedMs(health, NOW_MS + 30_000)).toBe(0);
});

test("makes at most six failed or forced attempts a minute", () => {
  let health = withFailure(failed(2), NOW_MS);
  for (let attempt = 0; attempt < 2; attempt += 1) {
    health = withFailedAttempt(health, NOW_MS + 6_000);
  }
  health = withFailure(health, NOW_MS + 6_000);
  expect(blockedMs(health, NOW_MS + 30_000)).toBe(30_000);
  expect(blockedMs(health, NOW_MS + 60_000)).toBe(0);
});

test("attempts under way count like failed ones until they end, 20 s at the most", () => {
  const intent = { refreshId: "1", startedAtMs: NOW_MS, underWay: 0 };
  const twice = withAttempt(withAttempt(intent, NOW_MS), NOW_MS);
  const health = withFailure(failed(2), NOW_MS);
  expect(attemptsLeft({ health: HEALTHY, intent: undefined }, NOW_MS)).toBe(6);
  expect(attemptsLeft({ health, intent: twice }, NOW_MS)).toBe(1);
  expect(attemptsLeft({ health, intent: withoutAttempt(twice) }, NOW_MS)).toBe(2);
  expect(attemptsLeft({ health, intent: twice }, NOW_MS + 20_000)).toBe(3);
  expect(withAttempt(twice, NOW_MS + 20_000)).toMatchObject({ underWay: 1 });
  expect(attemptsLeft({ health, intent: twice }, NOW_MS + 60_000)).toBe(6);
});

test("forces at most one refresh in 10 s", () => {
  expect(msUntilForce(HEALTHY, NOW_MS)).toBeLessThanOrEqual(0);
  const health = withForced(HEALTHY, NOW_MS);
  expect(msUntilForce(health, NOW_MS + 9_999)).toBe(1);
  expect(msUntilForce(health, NOW_MS + 10_000)).toBe(0);
});

test("a success ends the pause, and what failed or was forced in the last minute still counts", () => {
  const health = withForced(withFailure(failed(3), NOW_MS), NOW_MS + 10_000);
  const after = withSuccess(health);
  expect(after).toMatchObject({ failures: 0, retryAtMs: 0, forcedAtMs: NOW_MS + 10_000 });
  expect(blockedMs(after, NOW_MS + 20_000)).toBe(0);
  const again = withSuccess(withForced(after, NOW_MS + 20_000));
  expect(blockedMs(again, NOW_MS + 20_001)).toBe(39_999);
  expect(blockedMs(again, NOW_MS + 60_000)).toBe(0);
});

test("a clock that is set back does not lock a session out", () => {
  for (const health of [withFailure(HEALTHY, NOW_MS), withFailure(HEALTHY, NOW_MS, 7_200_000)]) {
    expect(blockedMs(health, NOW_MS - 7_200_000)).toBe(0);
    expect(blockedMs(health, NOW_MS - 60_000)).toBe(0);
    expect(blockedMs(health, NOW_MS - 1_000)).toBe(health.retryAtMs - NOW_MS + 1_000);
  }
});
