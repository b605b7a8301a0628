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
        for (const event of events) listener(event);
        return () => undefined;
      },
    },
    log,
  );
  return log.getSnapshot().map(({ kind, text }) => [kind, text]);
}

const REFRESHED: SessionEvent = { type: "refreshed", generation: 3, expiresAtMs: 12_000 };

test("a refresh is told with its generation and its length", () => {
  expect(recorded(REFRESHED)).toEqual([["refreshed", "Access token refreshed · generation 3 · lasts 2 s"]]);
});

test("a new session begins a new log", () => {
  expect(recorded(REFRESHED, { type: "signed_in" })).toEqual([
    ["signed_in", "Signed in · generation 3 · lasts 2 s"],
  ]);
});

const GOODBYES = [
  ["user", "You are signed out."],
  ["revoked", "Your session was ended from elsewhere. Sign in to go on."],
  ["expired", "Your session has expired after a long pause. Sign in to go on."],
  ["reuse_detected", "An old refresh token was used again, so the session was ended for your safety."],
] as const;

test.each(GOODBYES)("a sign-out for the reason %s leaves only its explanation", (reason, text) => {
  expect(recorded(REFRESHED, { type: "signed_out", reason })).toEqual([["signed_out", text]]);
});

test("the log keeps the newest forty entries, newest first, and tells its listeners", () => {
  const log = createActivityLog(() => 42);
  let told = 0;
  const stop = log.subscribe(() => (told += 1));
  for (let index = 1; index <= 45; index += 1) log.add("refreshed", `r${index}`);
  stop();
  log.clear();
  log.add("refreshed", "last");
  expect(told).toBe(45);
  expect(log.getSnapshot()).toEqual([{ id: 46, kind: "refreshed", text: "last", atMs: 42 }]);
});
