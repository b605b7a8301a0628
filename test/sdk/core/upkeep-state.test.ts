import { Secret } from "@countersign/sdk/store";
import { expect, test } from "vitest";
import { NO_FAILURE, type Retry } from "../../../sdk/src/core/backoff.ts";
import { HEALTHY } from "../../../sdk/src/core/budget.ts";
import type { Held } from "../../../sdk/src/core/holder.ts";
import { afterRenewal, msUntilDue, msUntilLook } from "../../../sdk/src/core/upkeep-state.ts";

/** A token of 100 s, asked for at 0 on both clocks: stale after 80 s, its streams due after 75 s. */
const TOKEN: Held = {
  ...{ kind: "signed_in", revision: "r", sessionId: "one", generation: 1 },
  ...{ accessToken: new Secret("one"), scopes: [], health: HEALTHY },
  ...{ startedAtMs: 0, startedMonotonicMs: 0, lifetimeMs: 100_000, jitter: 0 },
  ended: new AbortController().signal,
};
const NEWER: Held = { ...TOKEN, generation: 2, startedAtMs: 60_000, startedMonotonicMs: 60_000 };
const RENEWING: Retry = { ...NO_FAILURE, retryAtMs: Infinity };

function at(ms: number) {
  return { nowMs: () => ms, monotonicMs: () => ms };
}

const DUE: readonly {
  readonly name: string;
  readonly state: Retry;
  readonly tokens: readonly Held[];
  readonly atMs: number;
  readonly dueMs: number;
}[] = [
  { name: "never without streams", state: NO_FAILURE, tokens: [], atMs: 0, dueMs: Infinity },
  {
    name: "at three quarters of a token's life",
    state: NO_FAILURE,
    tokens: [TOKEN],
    atMs: 10_000,
    dueMs: 65_000,
  },
  {
    name: "by the oldest token",
    state: NO_FAILURE,
    tokens: [NEWER, TOKEN, NEWER],
    atMs: 70_000,
    dueMs: 5_000,
  },
  { name: "already", state: NO_FAILURE, tokens: [TOKEN], atMs: 80_000, dueMs: -5_000 },
  {
    name: "not before the next attempt",
    state: { failures: 1, retryAtMs: 80_250 },
    tokens: [TOKEN],
    atMs: 80_000,
    dueMs: 250,
  },
  {
    name: "never while a renewal is under way",
    state: RENEWING,
    tokens: [TOKEN],
    atMs: 80_000,
    dueMs: Infinity,
  },
];

test.each(DUE)("streams are due $name", ({ state, tokens, atMs, dueMs }) => {
  expect(msUntilDue(state, tokens, at(atMs))).toBe(dueMs);
});

const blocked: Held = {
  ...TOKEN,
  health: { ...HEALTHY, failures: 1, strikesAtMs: [85_000], retryAtMs: 90_000 },
};

const LOOKS: readonly {
  readonly name: string;
  readonly held: Held | undefined;
  readonly dueMs: number;
  readonly atMs: number;
  readonly lookMs: number;
}[] = [
  { name: "never: there is nothing to keep", held: undefined, dueMs: Infinity, atMs: 0, lookMs: Infinity },
  { name: "when a stream is due", held: undefined, dueMs: 5_000, atMs: 0, lookMs: 5_000 },
  {
    name: "never: the renewal that is due looks again",
    held: undefined,
    dueMs: -1,
    atMs: 0,
    lookMs: Infinity,
  },
  { name: "when the token is stale", held: TOKEN, dueMs: Infinity, atMs: 60_000, lookMs: 20_000 },
  { name: "a minute later at the most", held: TOKEN, dueMs: Infinity, atMs: 0, lookMs: 60_000 },
  {
    name: "for the token or a stream, whichever is first",
    held: TOKEN,
    dueMs: 3_000,
    atMs: 60_000,
    lookMs: 3_000,
  },
  { name: "for the token when a stream is due", held: TOKEN, dueMs: 0, atMs: 70_000, lookMs: 10_000 },
  {
    name: "a quarter of a second later when the token is stale",
    held: TOKEN,
    dueMs: Infinity,
    atMs: 85_000,
    lookMs: 250,
  },
  { name: "when the server may be asked again", held: blocked, dueMs: Infinity, atMs: 86_000, lookMs: 4_000 },
  { name: "in whole milliseconds", held: undefined, dueMs: 0.3, atMs: 0, lookMs: 1 },
];

test.each(LOOKS)("the next look is $name", ({ held, dueMs, atMs, lookMs }) => {
  expect(msUntilLook(held, dueMs, at(atMs))).toBe(lookMs);
});

const ENDS: readonly {
  readonly name: string;
  readonly before: Retry;
  readonly tokens: readonly Held[];
  readonly is: Retry;
}[] = [
  {
    name: "one that gave all streams a newer token",
    before: RENEWING,
    tokens: [NEWER],
    is: { failures: 0, retryAtMs: 80_125 },
  },
  {
    name: "one whose streams are all over",
    before: RENEWING,
    tokens: [],
    is: { failures: 0, retryAtMs: 80_125 },
  },
  {
    name: "one that left a stream due",
    before: RENEWING,
    tokens: [NEWER, TOKEN],
    is: { failures: 1, retryAtMs: 80_250 },
  },
  {
    name: "a third in a row",
    before: { ...RENEWING, failures: 2 },
    tokens: [TOKEN],
    is: { failures: 3, retryAtMs: 81_000 },
  },
  {
    name: "a twentieth in a row",
    before: { ...RENEWING, failures: 19 },
    tokens: [TOKEN],
    is: { failures: 20, retryAtMs: 90_000 },
  },
];

test.each(ENDS)("the next renewal is planned after $name", ({ before, tokens, is }) => {
  expect(afterRenewal(before, tokens, at(80_000))).toEqual(is);
});
