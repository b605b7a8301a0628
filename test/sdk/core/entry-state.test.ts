import { Secret, type SignedInEntry, type StoreEntry } from "@countersign/sdk/store";
import { expect, test } from "vitest";
import { NO_FAILURE } from "../../../sdk/src/core/backoff.ts";
import { HEALTHY } from "../../../sdk/src/core/budget.ts";
import {
  type EntryState,
  entryInForce,
  mayAskStore,
  withStored,
  withStoreError,
  withUnstored,
} from "../../../sdk/src/core/entry-state.ts";

function signedIn(sessionId: string, generation: number, startedAtMs = 0): SignedInEntry {
  const accessToken = new Secret(`${sessionId}-${generation}`);
  const times = { revision: "r", startedAtMs, lifetimeMs: 600_000 };
  return { kind: "signed_in", sessionId, generation, accessToken, scopes: [], ...times, health: HEALTHY };
}

function signedOut(sessionId: string, generation: number): StoreEntry {
  return { kind: "signed_out", revision: "r", sessionId, generation, reason: "user" };
}

const ONE = signedIn("one", 1);
const TWO = signedIn("one", 2);
const ERROR = new Error("quota exceeded");
const FAILED: EntryState = { entry: ONE, storeError: ERROR, failures: 1, retryAtMs: 5_100 };

const TRANSITIONS: readonly { readonly name: string; readonly next: EntryState; readonly is: EntryState }[] =
  [
    { name: "a first answer", next: withStored(ONE), is: { entry: ONE, failures: 0, retryAtMs: 0 } },
    {
      name: "a first failure",
      next: withStoreError(withStored(ONE), ERROR, 100),
      is: FAILED,
    },
    {
      name: "a second failure, after which the store is left alone for twice as long",
      next: withStoreError(FAILED, ERROR, 5_100),
      is: { ...FAILED, failures: 2, retryAtMs: 15_100 },
    },
    {
      name: "a twentieth failure, after which it is left alone for a minute",
      next: withStoreError({ ...FAILED, failures: 19 }, ERROR, 0),
      is: { ...FAILED, failures: 20, retryAtMs: 60_000 },
    },
    {
      name: "a write to memory, which the store lacks",
      next: withUnstored(FAILED, TWO),
      is: { ...FAILED, entry: TWO, isAhead: true },
    },
    {
      name: "a reading of memory, which the store lacks nothing after",
      next: withUnstored(FAILED, ONE),
      is: { ...FAILED, isAhead: false },
    },
    {
      name: "a reading of memory behind a write to it",
      next: withUnstored(withUnstored(FAILED, TWO), TWO),
      is: { ...FAILED, entry: TWO, isAhead: true },
    },
    {
      name: "a failure behind a write to memory, which is kept",
      next: withStoreError(withUnstored(FAILED, TWO), ERROR, 5_100),
      is: { ...FAILED, entry: TWO, isAhead: true, failures: 2, retryAtMs: 15_100 },
    },
  ];

test.each(TRANSITIONS)("the state follows $name", ({ next, is }) => {
  expect(next).toEqual(is);
});

const ASKED: readonly {
  readonly name: string;
  readonly state: EntryState;
  readonly isReading: boolean;
  readonly nowMs: number;
  readonly isAsked: boolean;
}[] = [
  { name: "a reading asks a store that works", state: NO_FAILURE, isReading: true, nowMs: 0, isAsked: true },
  { name: "a change asks a store that works", state: NO_FAILURE, isReading: false, nowMs: 0, isAsked: true },
  { name: "a reading waits", state: FAILED, isReading: true, nowMs: 5_099, isAsked: false },
  { name: "a reading asks when it is time", state: FAILED, isReading: true, nowMs: 5_100, isAsked: true },
  { name: "a change does not wait", state: FAILED, isReading: false, nowMs: 0, isAsked: true },
  {
    name: "a change waits that follows one which the store lacks",
    state: withUnstored(FAILED, TWO),
    isReading: false,
    nowMs: 5_099,
    isAsked: false,
  },
  {
    name: "a change asks when it is time",
    state: withUnstored(FAILED, TWO),
    isReading: false,
    nowMs: 5_100,
    isAsked: true,
  },
];

test.each(ASKED)("while a store fails: $name", ({ state, isReading, nowMs, isAsked }) => {
  expect(mayAskStore(state, isReading, nowMs)).toBe(isAsked);
});

const OURS = "ours";
const THEIRS = "theirs";
const CONTESTS: readonly {
  readonly name: string;
  readonly ours: StoreEntry;
  readonly theirs: StoreEntry | undefined;
  readonly first: typeof OURS | typeof THEIRS;
}[] = [
  { name: "anything before nothing", ours: ONE, theirs: undefined, first: OURS },
  { name: "a later generation before an earlier one", ours: TWO, theirs: ONE, first: OURS },
  { name: "what is stored before the same generation", ours: TWO, theirs: signedIn("one", 2), first: THEIRS },
  { name: "the end before a later generation", ours: signedOut("one", 1), theirs: TWO, first: OURS },
  {
    name: "the end that is stored before a later generation",
    ours: TWO,
    theirs: signedOut("one", 1),
    first: THEIRS,
  },
  { name: "the later session", ours: signedIn("two", 1, 9), theirs: TWO, first: OURS },
  { name: "the later session that is stored", ours: TWO, theirs: signedIn("two", 1, 9), first: THEIRS },
  { name: "a session before the end of another", ours: ONE, theirs: signedOut("two", 1), first: OURS },
  {
    name: "a session that is stored before the end of another",
    ours: signedOut("two", 1),
    theirs: ONE,
    first: THEIRS,
  },
];

test.each(CONTESTS)("after an outage goes $name", ({ ours, theirs, first }) => {
  const state = withUnstored(NO_FAILURE, ours);
  expect(entryInForce(state, theirs)).toBe(first === OURS ? ours : theirs);
});

test("what memory has from the store goes before nothing that is stored", () => {
  expect(entryInForce(withStored(TWO), ONE)).toBe(ONE);
  expect(entryInForce(withStored(TWO), undefined)).toBeUndefined();
});
