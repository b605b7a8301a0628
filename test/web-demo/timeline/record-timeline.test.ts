import type { SessionEvent, SessionSnapshot } from "@countersign/sdk/browser";
import { expect, test } from "vitest";
import { recordTimeline } from "../../../web-demo/src/timeline/record-timeline.ts";
import { createTimelineStore } from "../../../web-demo/src/timeline/timeline-store.ts";

const signedIn: SessionSnapshot = {
  ...{ status: "signed_in", scopes: [], refreshing: false, degraded: false },
  ...{ issuedAtMs: 1_000, expiresAtMs: 6_000, generation: 1 },
};

/** A session whose snapshot and events the test decides. */
function recorded(first: SessionSnapshot) {
  let snapshot = first;
  let tell: (event: SessionEvent) => void = () => undefined;
  const timeline = createTimelineStore(() => 2_000);
  const session = {
    ready: Promise.resolve(),
    getSnapshot: () => snapshot,
    on: (listener: (event: SessionEvent) => void) => {
      tell = listener;
      return () => undefined;
    },
  };
  recordTimeline(session, timeline);
  return {
    tokens: () => timeline.getSnapshot().tokens.map(({ generation }) => generation),
    happen: (event: SessionEvent, next: SessionSnapshot) => {
      snapshot = next;
      tell(event);
    },
  };
}

test("a session that is restored with the page has its token in the timeline", async () => {
  const { tokens } = recorded(signedIn);
  await Promise.resolve();
  expect(tokens()).toEqual([1]);
});

test("every refresh adds a token, and another session begins anew", () => {
  const { tokens, happen } = recorded({ ...signedIn, status: "signed_out" });
  happen({ type: "signed_in" }, signedIn);
  happen({ type: "refreshed", generation: 2, expiresAtMs: 8_000 }, { ...signedIn, generation: 2 });
  expect(tokens()).toEqual([1, 2]);
  happen({ type: "signed_out", reason: "user" }, { ...signedIn, status: "signed_out" });
  expect(tokens()).toEqual([]);
  happen({ type: "signed_in" }, signedIn);
  expect(tokens()).toEqual([1]);
});
