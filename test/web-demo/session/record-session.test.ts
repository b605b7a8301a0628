import type { SessionEvent, SessionSnapshot } from "@countersign/sdk/browser";
import { expect, test } from "vitest";
import { createActivityLog } from "../../../web-demo/src/model/activity-log.ts";
import { recordSession } from "../../../web-demo/src/session/record-session.ts";

const snapshot: SessionSnapshot = {
  status: "signed_in",
  scopes: [],
  issuedAtMs: 10_000,
  expiresAtMs: 12_000,
  refreshing: false,
  degraded: false,
  generation: 3,
};

function recorded(...events: readonly SessionEvent[]) {
  const log = createActivityLog(() => 42);
  recordSession(
    {
      getSnapshot: () => snapshot,
      on: (listener) => {
        for (const event of events) {
          listener(event);
        }
        return () => undefined;
      },
    },
    log,
  );
  return log.getSnapshot().map(({ kind, text }) => [kind, text]);
}

const REFRESHED: SessionEvent = { type: "refreshed", generation: 3, expiresAtMs: 12_000 };

test("a refresh is told with its generation and its length", () => {
  expect(recorded(REFRESHED)).toEqual([["refreshed", "Access token refreshed: generation 3, lasts 2 s"]]);
});

test("a new session begins a new log", () => {
  expect(recorded(REFRESHED, { type: "signed_in" })).toEqual([
    ["signed_in", "Signed in: generation 3, lasts 2 s"],
  ]);
});

const GOODBYES = [
  ["user", "You are signed out."],
  ["revoked", "Your session was ended from elsewhere. Sign in to go on."],
  ["expired", "Your session has expired after a long pause. Sign in to go on."],
  ["reuse_detected", "An old refresh token was used again, so the session was ended for your safety."],
  ["interaction_required", "The provider wants you to sign in again."],
] as const;

test.each(GOODBYES)("a sign-out for the reason %s leaves only its explanation", (reason, text) => {
  expect(recorded(REFRESHED, { type: "signed_out", reason })).toEqual([["signed_out", text]]);
});

test("the log keeps the newest forty entries, newest first, and tells its listeners", () => {
  const log = createActivityLog(() => 42);
  let told = 0;
  const stop = log.subscribe(() => (told += 1));
  for (let index = 1; index <= 45; index += 1) {
    log.add(index % 2 === 0 ? "cut" : "restored", `r${index}`);
  }
  stop();
  log.clear();
  log.add("refreshed", "last");
  expect(told).toBe(45);
  expect(log.getSnapshot()).toEqual([{ id: 46, kind: "refreshed", text: "last", times: 1, atMs: 42 }]);
});

test("what happens again within half a minute is one entry, with the newest text and time", () => {
  let nowMs = 0;
  const log = createActivityLog(() => nowMs);
  for (const atMs of [0, 20_000, 40_000, 70_000]) {
    nowMs = atMs;
    log.add("refreshed", `at ${atMs}`);
  }
  expect(log.getSnapshot()).toEqual([
    { id: 2, kind: "refreshed", text: "at 70000", times: 1, atMs: 70_000 },
    { id: 1, kind: "refreshed", text: "at 40000", times: 3, atMs: 40_000 },
  ]);
});
