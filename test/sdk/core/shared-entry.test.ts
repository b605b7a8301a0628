import { createMemoryStore, type SessionStore } from "@countersign/sdk";
import { Secret, type StoreEntry } from "@countersign/sdk/store";
import { createFakeClock } from "@countersign/sdk/testing";
import { expect, test } from "vitest";
import { HEALTHY } from "../../../sdk/src/core/budget.ts";
import { createSharedEntry, type Draft, type SharedEntry } from "../../../sdk/src/core/shared-entry.ts";
import { settle, until } from "../kit.ts";

function signedIn(sessionId: string, generation: number, startedAtMs = 0): Draft {
  const accessToken = new Secret(`${sessionId}-${generation}`);
  const times = { startedAtMs, lifetimeMs: 600_000 };
  return { kind: "signed_in", sessionId, generation, accessToken, scopes: [], ...times, health: HEALTHY };
}

function signedOut(sessionId: string, generation: number): Draft {
  return { kind: "signed_out", sessionId, generation, reason: "user" };
}

/** Put an entry in force, whatever is there. */
function put({ change }: SharedEntry, draft: Draft): Promise<undefined> {
  return change(() => ({ draft }));
}

/** Name the entry that is in force. */
async function inForce({ change }: SharedEntry): Promise<string> {
  return nameOf(await change((current) => ({ value: current })));
}

function nameOf(entry: StoreEntry | undefined): string {
  return entry === undefined ? "nothing" : `${entry.kind} ${entry.sessionId} ${entry.generation}`;
}

/** A store that can be broken, two tabs that share it, and what the first of them is told. */
function createStage() {
  const clock = createFakeClock();
  const inner = createMemoryStore();
  const told: string[] = [];
  const heard: string[] = [];
  let isBroken = false;
  const guard = <T>(run: () => Promise<T>): Promise<T> =>
    isBroken ? Promise.reject(new Error("quota exceeded")) : run();
  const store: SessionStore = {
    read: () => guard(() => inner.read()),
    compareAndSet: (expected, next) => guard(() => inner.compareAndSet(expected, next)),
  };
  const share = (shared: SessionStore) => {
    let lastError: unknown;
    return createSharedEntry({
      store: shared,
      clock,
      holder: {
        adopt: (entry, storeError) => {
          heard.push(nameOf(entry));
          if (storeError !== lastError) {
            told.push(storeError === undefined ? "works" : "fails");
          }
          lastError = storeError;
        },
      },
      peers: {
        publish: ({ type, sessionId, generation }) => void told.push(`${type} ${sessionId} ${generation}`),
      },
    });
  };
  const setBroken = (value: boolean) => {
    isBroken = value;
  };
  return { clock, inner, told, heard, mine: share(store), theirs: share(inner), setBroken };
}

test("writes what follows, and tells others of it", async () => {
  const { mine, theirs, told } = createStage();
  await put(mine, signedIn("one", 1));
  expect(await inForce(mine)).toBe("signed_in one 1");
  expect(await inForce(theirs)).toBe("signed_in one 1");
  expect(told).toEqual(["signed_in one 1"]);
});

test("decides again when another tab was faster, and answers with the value of the last decision", async () => {
  const { mine, inner } = createStage();
  await put(mine, signedIn("one", 1));
  const seen: string[] = [];
  const value = await mine.change((current) => {
    seen.push(nameOf(current));
    // The first time, another tab comes between the reading and the writing.
    if (seen.length === 1) {
      void inner.compareAndSet(current?.revision, { ...signedIn("one", 2), revision: "theirs" });
    }
    return { draft: signedOut("one", seen.length), value: seen.length };
  });
  expect(value).toBe(2);
  expect(await inForce(mine)).toBe("signed_out one 2");
  expect(seen).toEqual(["signed_in one 1", "signed_in one 2"]);
});

test("is heard of in order: what was read before the end is not heard of after it", async () => {
  const { mine, heard } = createStage();
  await put(mine, signedIn("one", 1));
  await Promise.all([mine.change(), put(mine, signedOut("one", 1)), mine.change()]);
  expect(heard).toEqual(["signed_in one 1", "signed_in one 1", "signed_out one 1", "signed_out one 1"]);
});

const OUTAGES: readonly {
  readonly name: string;
  readonly ours: Draft;
  readonly theirs?: Draft;
  readonly after: string;
}[] = [
  { name: "nobody else wrote", ours: signedIn("one", 2), after: "signed_in one 2" },
  {
    name: "another tab was faster",
    ours: signedIn("one", 2),
    theirs: signedIn("one", 3),
    after: "signed_in one 3",
  },
  {
    name: "another tab was slower",
    ours: signedIn("one", 3),
    theirs: signedIn("one", 2),
    after: "signed_in one 3",
  },
  {
    name: "this tab signed out",
    ours: signedOut("one", 1),
    theirs: signedIn("one", 2),
    after: "signed_out one 1",
  },
  {
    name: "another tab signed out",
    ours: signedIn("one", 2),
    theirs: signedOut("one", 1),
    after: "signed_out one 1",
  },
  {
    name: "this tab signed in later",
    ours: signedIn("two", 1, 9),
    theirs: signedIn("one", 2),
    after: "signed_in two 1",
  },
  {
    name: "another tab signed in later",
    ours: signedIn("one", 2),
    theirs: signedIn("two", 1, 9),
    after: "signed_in two 1",
  },
  {
    name: "another account is there",
    ours: signedOut("one", 1),
    theirs: signedIn("two", 1, 9),
    after: "signed_in two 1",
  },
];

test.each(OUTAGES)("after an outage in which $name, what goes first is in force", async (row) => {
  const { clock, inner, told, heard, mine, theirs, setBroken } = createStage();
  await put(mine, signedIn("one", 1));
  setBroken(true);
  await put(mine, row.ours);
  expect(await inForce(mine)).toBe(`${row.ours.kind} ${row.ours.sessionId} ${row.ours.generation}`);
  const { theirs: draft } = row;
  if (draft !== undefined) {
    await put(theirs, draft);
  }
  setBroken(false);
  expect(told.filter((each) => each === "works")).toEqual([]);
  clock.advance(5_000);
  await until(() => told.includes("works"));
  await settle();
  expect(nameOf(await inner.read())).toBe(row.after);
  expect(heard.at(-1)).toBe(row.after);
});

test("leaves a broken store alone for longer and longer, and lets go of it at the end", async () => {
  const { clock, mine, told, setBroken } = createStage();
  setBroken(true);
  await put(mine, signedIn("one", 1));
  for (const pauseMs of [5_000, 10_000, 20_000]) {
    const before = told.length;
    clock.advance(pauseMs - 1);
    await settle();
    expect(told.length).toBe(before);
    clock.advance(1);
    await until(() => told.length > before);
  }
  mine.close();
  expect(clock.pending()).toBe(0);
});
