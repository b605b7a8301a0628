import { expect, it } from "vitest";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { createRateLimit } from "../../../server/gate/src/kernel/rate-limit.ts";
import { shareThroughStore } from "../../../server/issuer/src/credentials/stored-rate-limit.ts";
import type { Store } from "../../../server/issuer/src/store/database.ts";
import { eventually } from "../../support/eventually.ts";
import { describeStores } from "../../support/stores.ts";
import { createWallClock, type WallClock } from "../../support/test-clock.ts";

const ADDRESS = "198.51.100.7";
const LIMIT = 30;

/** A server that lets an address try thirty times a minute. */
function startServer(store: Store, clock: WallClock) {
  const own = createRateLimit({ limit: LIMIT, windowMs: 60_000, clock, message: "too many" });
  const errors: unknown[] = [];
  const limit = shareThroughStore({ store, own, gatherMs: 1, onError: (error) => errors.push(error) });
  const waitMs = (key = ADDRESS): number => {
    try {
      limit.assertAllowed(key);
      return 0;
    } catch (error) {
      return error instanceof AuthError ? (error.retryAfterMs ?? Number.NaN) : Number.NaN;
    }
  };
  const take = (times: number, key = ADDRESS): void => {
    for (let n = 0; n < times; n++) {
      limit.take(key);
    }
  };
  return { limit, errors, take, waitMs };
}

const readRows = (store: Store) => store.db.selectFrom("address_tries").selectAll().execute();

/** Wait until so many tries of one address are in the store. */
const untilStored = (store: Store, clock: WallClock, tries: number) =>
  eventually(async () => {
    const rows = await readRows(store);
    return rows.some((row) => row.full_at === clock.nowMs() + tries * 2_000) ? true : undefined;
  });

describeStores("a limit that servers share", (open) => {
  it("counts the tries at all of them together", async () => {
    await using store = await open();
    const clock = createWallClock();
    const [one, two] = [startServer(store, clock), startServer(store, clock)];
    one.take(20);
    await untilStored(store, clock, 20);
    two.take(9);
    await untilStored(store, clock, 29);
    two.take(1);
    await eventually(() => (two.waitMs() === 2_000 ? true : undefined));
    one.take(1);
    await eventually(() => (one.waitMs() === 2_000 ? true : undefined));
    expect(one.waitMs("203.0.113.1")).toBe(0);
    clock.advance(60_000);
    expect([one.waitMs(), two.waitMs()]).toEqual([0, 0]);
  });

  it("holds at the server itself before anything is written", async () => {
    await using store = await open();
    const { limit, take, waitMs } = startServer(store, createWallClock());
    take(LIMIT);
    expect(waitMs()).toBe(2_000);
    await limit.close();
  });

  it("goes on without the store, and tells the others when that is back", async () => {
    await using store = await open();
    const clock = createWallClock();
    let isDown = true;
    const flaky: Store = {
      ...store,
      write: (statement) =>
        isDown ? Promise.reject(new AuthError("AUTH_UNAVAILABLE", "down")) : store.write(statement),
    };
    const { errors, take, waitMs } = startServer(flaky, clock);
    take(LIMIT);
    await eventually(() => (errors.length > 0 ? true : undefined));
    expect(waitMs()).toBe(2_000);
    isDown = false;
    await untilStored(store, clock, LIMIT);
    expect(errors).toHaveLength(1);
  });

  it("writes no address down, and forgets those that may try again", async () => {
    await using store = await open();
    const clock = createWallClock();
    const first = startServer(store, clock);
    for (let n = 0; n < 40; n++) {
      first.take(1, `198.51.100.${n}`);
    }
    await first.limit.close();
    expect(await readRows(store)).toHaveLength(40);
    expect(JSON.stringify(await readRows(store))).not.toContain("198.51");
    clock.advance(60_001);
    const second = startServer(store, clock);
    second.take(1);
    await second.limit.close();
    expect(await readRows(store)).toHaveLength(1);
  });

  it("does not let two servers that write the same addresses wait for each other", async () => {
    await using store = await open();
    const clock = createWallClock();
    const servers = [startServer(store, clock), startServer(store, clock)];
    const keys = Array.from({ length: 200 }, (_, n) => `198.51.100.${n}`);
    for (let round = 0; round < 5; round++) {
      servers.forEach(({ take }, index) => {
        for (const key of index === 0 ? keys : keys.toReversed()) {
          take(1, key);
        }
      });
      await Promise.all(servers.map(async ({ limit }) => limit.close()));
    }
    expect(servers.flatMap(({ errors }) => errors)).toEqual([]);
    expect(await readRows(store)).toHaveLength(200);
  });
});
