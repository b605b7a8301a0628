import { expect, it } from "vitest";
import { insertRevocations } from "../../../server/issuer/src/store/revocations.ts";
import { describeStores } from "../../support/stores.ts";
import { fillUp } from "./unwritable.ts";

const REVOCATION = {
  dimension: "jti",
  value: "a",
  beforeMs: undefined,
  revokedAtMs: 1,
  reason: "x",
} as const;

describeStores("a store", (open) => {
  it("counts as one that cannot be written from the first write that failed to the first that succeeds", async () => {
    await using store = await open();
    await store.writes.assertWritable();
    const free = await fillUp(store);
    // Nobody has tried yet.
    await store.writes.assertWritable();
    await expect(insertRevocations(store, [REVOCATION])).rejects.toMatchObject({
      reason: "AUTH_UNAVAILABLE",
    });
    for (let time = 0; time < 2; time += 1) {
      await expect(store.writes.assertWritable()).rejects.toMatchObject({ reason: "AUTH_UNAVAILABLE" });
    }
    await free();
    await store.writes.assertWritable();
    await insertRevocations(store, [REVOCATION]);
    const settings = await store.db.selectFrom("store_settings").selectAll().execute();
    expect(settings).toEqual([{ name: "write_probe", value: "" }]);
  });

  it("is not taken for one that cannot be written when a statement is wrong", async () => {
    await using store = await open();
    const twice = () => store.db.insertInto("store_settings").values({ name: "a", value: "b" }).execute();
    await twice();
    await expect(twice()).rejects.toThrow(/unique/i);
    const before = await store.db.selectFrom("store_settings").selectAll().execute();
    await store.writes.assertWritable();
    expect(await store.db.selectFrom("store_settings").selectAll().execute()).toEqual(before);
  });
});
