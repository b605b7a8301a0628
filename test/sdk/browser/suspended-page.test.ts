import { createIndexedDbStore } from "@countersign/sdk/browser";
import { Secret, type SignedInEntry } from "@countersign/sdk/store";
import { expect, test } from "vitest";
import { createDatabase } from "../../../sdk/src/browser/database.ts";
import type { SealedEntry } from "../../../sdk/src/browser/sealed-entry.ts";
import { HEALTHY } from "../../../sdk/src/core/budget.ts";
import { createFakePage } from "./fake-page.ts";

/** More than any operation takes. */
const MANY_STEPS = 30;

/** The events that suspend a page and let it go on: of the back/forward cache, and of a tab that is frozen. */
const SUSPENSIONS = [
  { suspend: "pagehide", resume: "pageshow" },
  { suspend: "freeze", resume: "resume" },
] as const;

/** Nothing here opens what is sealed. */
function sealed(revision: string): SealedEntry {
  return { revision } as SealedEntry;
}

/** Note what an operation comes to while it is under way. */
function track<T>(promise: Promise<T>): { readonly outcomes: readonly (T | Error)[] } {
  const outcomes: (T | Error)[] = [];
  promise.then(
    (value) => outcomes.push(value),
    (error) => outcomes.push(error),
  );
  return { outcomes };
}

for (const { suspend, resume } of SUSPENSIONS) {
  test(`between ${suspend} and ${resume} no transaction is begun`, async () => {
    using page = createFakePage();
    const { update } = createDatabase("countersign");
    const first = track(update("session"));
    await page.step(MANY_STEPS);
    expect(first.outcomes).toEqual([undefined]);
    const begun = page.begun();
    page.dispatch(suspend);
    // Twice, as when a page that was left is frozen as well.
    page.dispatch(suspend);
    const write = track(update("session", () => sealed("first")));
    const read = track(update("session"));
    await page.step(MANY_STEPS);
    expect(page.begun()).toBe(begun);
    page.dispatch(resume);
    await page.step(MANY_STEPS);
    expect(write.outcomes).toEqual([undefined]);
    expect(read.outcomes).toHaveLength(1);
  });

  for (let steps = 0; steps <= 6; steps += 1) {
    test(`${suspend} ${steps} steps into an update leaves none under way, and it ends after ${resume}`, async () => {
      using page = createFakePage();
      const { update } = createDatabase("countersign");
      const write = track(update("session", () => sealed("first")));
      await page.step(steps);
      page.suspend(suspend);
      await page.step(1);
      expect(page.underWay()).toBe(0);
      page.resume(resume);
      await page.step(MANY_STEPS);
      expect(write.outcomes).toHaveLength(1);
      const read = track(update("session"));
      await page.step(MANY_STEPS);
      expect(read.outcomes).toEqual([sealed("first")]);
      expect(page.underWay()).toBe(0);
    });
  }
}

test("an update ends although its page is suspended time and again", async () => {
  using page = createFakePage();
  const { update } = createDatabase("countersign");
  const write = track(update("session", () => sealed("first")));
  for (const { suspend, resume } of [...SUSPENSIONS, ...SUSPENSIONS]) {
    await page.step(1);
    page.suspend(suspend);
    expect(page.underWay()).toBe(0);
    page.resume(resume);
  }
  await page.step(MANY_STEPS);
  expect(write.outcomes).toEqual([undefined]);
});

test("an update that fails in a page that runs is not tried again", async () => {
  using page = createFakePage();
  const { update } = createDatabase("countersign");
  const read = track(update("session"));
  await page.step(2);
  page.abortAll();
  await page.step(MANY_STEPS);
  expect(read.outcomes).toEqual([new Error("aborted")]);
  expect(page.begun()).toBe(1);
});

test("an entry that was being committed when the page was suspended counts as written", async () => {
  using page = createFakePage();
  const store = createIndexedDbStore();
  const tokens = { accessToken: new Secret("access"), scopes: [], startedAtMs: 0, lifetimeMs: 600_000 };
  const session = { sessionId: "one", generation: 1, health: HEALTHY };
  const entry: SignedInEntry = { kind: "signed_in", revision: "revision-of-16-c", ...session, ...tokens };
  const written = track(store.compareAndSet(undefined, entry));
  await page.untilCommitting();
  page.suspend("pagehide");
  page.resume("pageshow");
  await page.stepUntil(() => written.outcomes.length > 0);
  expect(written.outcomes).toEqual([true]);
  // The second time for someone else, it is not.
  const late = track(store.compareAndSet(undefined, { ...entry, revision: "other-rev-16-chr" }));
  await page.stepUntil(() => late.outcomes.length > 0);
  expect(late.outcomes).toEqual([false]);
});

test("a store follows the page from its first use until it is let go of", async () => {
  using page = createFakePage();
  const store = createIndexedDbStore();
  expect(page.listeners()).toBe(0);
  const read = track(store.read());
  await page.step(MANY_STEPS);
  expect(read.outcomes).toHaveLength(1);
  expect(page.listeners()).toBeGreaterThan(0);
  void store.close?.();
  expect(page.listeners()).toBe(0);
});
