import { expect, it } from "vitest";
import {
  insertFirstKeys,
  listSigningKeys,
  type SigningKeyRecord,
} from "../../../server/issuer/src/store/signing-keys.ts";
import { describeStores } from "../../support/stores.ts";

/** A key that was made at second one. */
function keyOf(kid: string, state: "active" | "next"): SigningKeyRecord {
  return {
    ...{ kid, state, algorithm: "ES256", publicJwk: "{}", privateSealed: "sealed", createdAtMs: 1_000 },
    ...{ activeAtMs: state === "active" ? 1_000 : undefined, retiredAtMs: undefined },
  };
}

describeStores("the first two keys", (open) => {
  it.each([
    ["a", "b"],
    ["b", "a"],
  ])("are listed with %s, which signs, before %s, the next one", async (active, next) => {
    await using store = await open();
    await insertFirstKeys(store, { active: keyOf(active, "active"), next: keyOf(next, "next") });
    expect((await listSigningKeys(store)).map(({ kid }) => kid)).toEqual([active, next]);
  });
});
