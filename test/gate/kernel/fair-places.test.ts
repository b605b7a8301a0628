import { describe, expect, it } from "vitest";
import { createFairPlaces } from "../../../server/gate/src/kernel/fair-places.ts";

const at = (address: string, isKnown = false) => ({ address, account: "", isKnown });

describe("fair places", () => {
  it("are taken in turns by known callers and strangers", () => {
    const places = createFairPlaces<string>(10);
    for (const item of ["s1", "s2", "s3", "s4"]) {
      places.add(at(item), item);
    }
    places.add(at("k1", true), "k1");
    places.add(at("k2", true), "k2");
    expect(places.size).toBe(6);
    const turns = Array.from({ length: 7 }, () => places.next());
    expect(turns).toEqual(["k1", "s1", "k2", "s2", "s3", "s4", undefined]);
    expect(places.size).toBe(0);
  });

  it("are not taken from known callers by strangers, however many come", () => {
    const places = createFairPlaces<string>(2);
    expect(places.add(at("home", true), "ada")).toBeUndefined();
    const displaced = Array.from({ length: 100 }, (_, n) => places.add(at("evil"), `eve-${n}`));
    expect(displaced.filter((item) => item !== undefined)).toHaveLength(98);
    expect(displaced).not.toContain("ada");
    expect(places.size).toBe(3);
    expect(places.next()).toBe("ada");
  });
});
