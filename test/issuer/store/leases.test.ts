import { expect, it } from "vitest";
import type { Store } from "../../../server/issuer/src/store/database.ts";
import { acquireLease } from "../../../server/issuer/src/store/leases.ts";
import { describeStores } from "../../support/stores.ts";

const ask = (store: Store, holder: string, nowMs: number) =>
  acquireLease(store, { name: "work", holder, ttlMs: 100, nowMs });

describeStores("a lease", (open) => {
  it("is one server's until it runs out, unless that one renews it", async () => {
    await using store = await open();
    expect(await ask(store, "a", 0)).toBe(true);
    expect(await ask(store, "b", 99)).toBe(false);
    expect(await ask(store, "a", 99)).toBe(true);
    expect(await ask(store, "b", 198)).toBe(false);
    expect(await ask(store, "b", 199)).toBe(true);
    expect(await ask(store, "a", 200)).toBe(false);
  });

  it("goes to one of many that ask at the same time, and another lease to another", async () => {
    await using store = await open();
    const holders = Array.from({ length: 20 }, (_, index) => `server ${index}`);
    const answers = await Promise.all(holders.map((holder) => ask(store, holder, 0)));
    expect(answers.filter(Boolean)).toHaveLength(1);
    expect(await acquireLease(store, { name: "other", holder: "z", ttlMs: 1, nowMs: 0 })).toBe(true);
  });
});
