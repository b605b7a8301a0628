import { expect, it } from "vitest";
import { createFeedEpoch } from "../../../server/issuer/src/signals/feed-epoch.ts";
import type { Store } from "../../../server/issuer/src/store/database.ts";
import { openTestSqlite } from "../../support/stores.ts";
import { createTestClock } from "../../support/test-clock.ts";

/** The epoch as a server has it, and those that it has had after the first. */
function startServer(store: Store) {
  const clock = createTestClock();
  const changes: string[] = [];
  const epoch = createFeedEpoch({ store, clock, onChange: () => void changes.push(epoch.current) });
  return { clock, epoch, changes };
}

it("all servers on a store have one epoch, also when several find that the history is another", async () => {
  await using store = await openTestSqlite();
  const [first, second] = [startServer(store), startServer(store)];
  await Promise.all([first.epoch.start(), second.epoch.start()]);
  const before = first.epoch.current;
  expect(second.epoch.current).toBe(before);
  await Promise.all([first.epoch.renew(), second.epoch.renew()]);
  expect(first.epoch.current).not.toBe(before);
  expect([first.changes, second.changes]).toEqual([[first.epoch.current], [first.epoch.current]]);
  const third = startServer(store);
  await third.epoch.start();
  expect(third.epoch.current).toBe(first.epoch.current);
});

/** A store that can be used while its state says so. */
function guard(store: Store) {
  const state = { isWritable: true };
  const guarded: Store = {
    ...store,
    get db() {
      if (!state.isWritable) {
        throw new Error("the store cannot be written");
      }
      return store.db;
    },
  };
  return { guarded, state };
}

it("a store that cannot be written keeps no epoch: the server has one of its own, and then the one that others made", async () => {
  await using store = await openTestSqlite();
  const other = startServer(store);
  await other.epoch.start();
  const { guarded, state } = guard(store);
  const { epoch, clock, changes } = startServer(guarded);
  await epoch.start();
  state.isWritable = false;
  await epoch.renew();
  expect(epoch.current).not.toBe(other.epoch.current);
  await other.epoch.renew();
  state.isWritable = true;
  clock.advance(5_000);
  await expect.poll(() => epoch.current, { timeout: 60_000 }).toBe(other.epoch.current);
  expect(changes).toHaveLength(2);
});

it("a server that is closed tries no more to write its epoch", async () => {
  await using store = await openTestSqlite();
  const { guarded, state } = guard(store);
  const { epoch, clock } = startServer(guarded);
  await epoch.start();
  state.isWritable = false;
  await epoch.renew();
  clock.advance(5_000);
  expect(clock.scheduledMs).toEqual([5_000]);
  epoch.close();
  clock.advance(5_000);
  expect(clock.scheduledMs).toEqual([]);
});
