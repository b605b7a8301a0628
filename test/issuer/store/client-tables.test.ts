import { expect, it } from "vitest";
import { rememberAssertion } from "../../../server/issuer/src/store/seen-assertions.ts";
import {
  clearSignInFailures,
  countSignInFailure,
  findSignInFailures,
} from "../../../server/issuer/src/store/sign-in-failures.ts";
import { describeStores } from "../../support/stores.ts";

describeStores("what may be tried", (open) => {
  it("assertions are remembered once, however many use them at the same time", async () => {
    await using store = await open();
    const seen = { key: "a", expiresAtMs: 1_000 };
    const tries = await Promise.all(Array.from({ length: 20 }, () => rememberAssertion(store, seen, 0)));
    expect(tries.filter(Boolean)).toHaveLength(1);
  });

  it("assertions go when they have expired", async () => {
    await using store = await open();
    await rememberAssertion(store, { key: "a", expiresAtMs: 1_000 }, 0);
    await rememberAssertion(store, { key: "b", expiresAtMs: 5_000 }, 1_000);
    expect(await rememberAssertion(store, { key: "a", expiresAtMs: 1_000 }, 1_000)).toBe(false);
    await rememberAssertion(store, { key: "c", expiresAtMs: 5_000 }, 1_001);
    const rows = await store.db.selectFrom("seen_assertions").select("assertion_key").execute();
    expect(rows.map((row) => row.assertion_key).toSorted()).toEqual(["b", "c"]);
  });

  it("failures are counted one by one, however many fail at the same time", async () => {
    await using store = await open();
    const at = { nowMs: 10, forgetBeforeMs: 0 };
    await Promise.all(Array.from({ length: 20 }, () => countSignInFailure(store, "ada", at)));
    expect(await findSignInFailures(store, "ada")).toEqual({ count: 20, lastAtMs: 10 });
    await clearSignInFailures(store, "ada");
    expect(await findSignInFailures(store, "ada")).toBeUndefined();
  });

  it("failures begin anew when they are old, and go with the failures of others", async () => {
    await using store = await open();
    await countSignInFailure(store, "ada", { nowMs: 10, forgetBeforeMs: 0 });
    await countSignInFailure(store, "ada", { nowMs: 20, forgetBeforeMs: 10 });
    expect(await findSignInFailures(store, "ada")).toEqual({ count: 1, lastAtMs: 20 });
    await countSignInFailure(store, "eve", { nowMs: 90, forgetBeforeMs: 50 });
    expect(await findSignInFailures(store, "ada")).toBeUndefined();
  });
});
