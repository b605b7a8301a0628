import type { SessionEvent } from "@countersign/sdk";
import { Secret, type SignedInEntry, type StoreEntry } from "@countersign/sdk/store";
import { createFakeClock } from "@countersign/sdk/testing";
import { expect, test } from "vitest";
import { HEALTHY } from "../../../sdk/src/core/budget.ts";
import { createHolder } from "../../../sdk/src/core/holder.ts";

function entryOf(generation: number, sessionId = "one"): SignedInEntry {
  return {
    kind: "signed_in",
    revision: `${sessionId}-${generation}`,
    sessionId,
    generation,
    accessToken: new Secret(`${sessionId}-${generation}`),
    scopes: [],
    startedAtMs: 0,
    lifetimeMs: 600_000,
    health: HEALTHY,
  };
}

const END: StoreEntry = {
  kind: "signed_out",
  revision: "end",
  sessionId: "one",
  generation: 1,
  reason: "expired",
};

const CASES: readonly {
  readonly name: string;
  readonly first: StoreEntry | undefined;
  readonly next: StoreEntry | undefined;
  readonly token: string | undefined;
  readonly events: readonly string[];
}[] = [
  { name: "a later generation", first: entryOf(1), next: entryOf(2), token: "one-2", events: ["refreshed"] },
  {
    name: "an earlier generation, read late",
    first: entryOf(3),
    next: entryOf(2),
    token: "one-3",
    events: [],
  },
  { name: "the same generation", first: entryOf(2), next: entryOf(2), token: "one-2", events: [] },
  {
    name: "another session",
    first: entryOf(3),
    next: entryOf(1, "two"),
    token: "two-1",
    events: ["signed_in"],
  },
  { name: "the end", first: entryOf(3), next: END, token: undefined, events: ["signed_out expired"] },
  {
    name: "nothing any more",
    first: entryOf(3),
    next: undefined,
    token: undefined,
    events: ["signed_out user"],
  },
  { name: "the end of what was not there", first: undefined, next: END, token: undefined, events: [] },
  { name: "a first session", first: undefined, next: entryOf(1), token: "one-1", events: ["signed_in"] },
];

test.each(CASES)("adopts $name", async ({ first, next, token, events }) => {
  const holder = createHolder(createFakeClock(0));
  holder.adopt(first);
  const heard: SessionEvent[] = [];
  holder.events.add((event) => heard.push(event));
  holder.adopt(next);
  await Promise.resolve();
  expect(holder.held()?.accessToken.reveal()).toBe(token);
  const told = heard.map((event) =>
    event.type === "signed_out" ? `${event.type} ${event.reason}` : event.type,
  );
  expect(told).toEqual(events);
});

test("what is read first is no event", async () => {
  const holder = createHolder(createFakeClock(0));
  const heard: SessionEvent[] = [];
  holder.events.add((event) => heard.push(event));
  holder.adopt(entryOf(3));
  await Promise.resolve();
  expect(heard).toEqual([]);
  expect(holder.snapshot()).toMatchObject({ status: "signed_in", generation: 3 });
});

test("is degraded from the first cause to the end of the last", async () => {
  const holder = createHolder(createFakeClock(0));
  const heard: string[] = [];
  holder.events.add(({ type }) => heard.push(type));
  holder.adopt(entryOf(1));
  const states = [
    { full: new Error("full"), failures: 0 },
    { full: new Error("full"), failures: 1 },
    { full: undefined, failures: 1 },
    { full: undefined, failures: 0 },
  ];
  const seen = states.map(({ full, failures }) => {
    holder.adopt({ ...entryOf(1), health: { ...HEALTHY, failures } }, full);
    return holder.snapshot().degraded;
  });
  await Promise.resolve();
  expect(seen).toEqual([true, true, true, false]);
  expect(heard).toEqual(["degraded", "recovered"]);
});

test("refreshing works again when there is a newer token, whoever got it", async () => {
  const holder = createHolder(createFakeClock(0));
  const heard: string[] = [];
  holder.events.add(({ type }) => heard.push(type));
  const failing = { ...entryOf(1), health: { ...HEALTHY, failures: 1 } };
  holder.adopt(entryOf(1));
  holder.adopt(failing);
  holder.adopt(failing);
  expect(holder.snapshot().degraded).toBe(true);
  holder.adopt(entryOf(2));
  await Promise.resolve();
  expect(holder.snapshot().degraded).toBe(false);
  expect(heard).toEqual(["degraded", "refreshed", "recovered"]);
});

test("who is signed out while the store fails is told of the failure before its end", async () => {
  const holder = createHolder(createFakeClock(0));
  const heard: string[] = [];
  holder.events.add(({ type }) => heard.push(type));
  holder.adopt(entryOf(1));
  holder.adopt(END, new Error("full"));
  holder.adopt(END);
  await Promise.resolve();
  expect(heard).toEqual(["signed_out", "degraded", "recovered"]);
});
