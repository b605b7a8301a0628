import { describe, expect, test } from "vitest";
import { isOfUnknownKey } from "../../../server/gate/src/keys/keys-on-demand.ts";
import { refusalOf } from "../authenticate/fixtures.ts";
import { MINUTE_MS, one, settle, setUpIssuer, two } from "./remote-issuer.ts";

describe("an unknown kid (S5)", () => {
  test("causes one fetch, and is found when the issuer has rotated its keys", async () => {
    const { clock, idp, find } = setUpIssuer();
    await find("one");
    idp.keys = [one, two];
    clock.advance(30_000);
    expect((await find("two"))?.kid).toBe("two");
    expect(idp.fetches).toBe(2);
  });

  /** How long a token is told to wait whose key is not known yet, in milliseconds. */
  const waitOf = (ask: () => unknown): unknown => {
    try {
      return ask();
    } catch (error) {
      return isOfUnknownKey(error)
        ? [Reflect.get(Object(error), "reason"), Reflect.get(Object(error), "retryAfterMs")]
        : error;
    }
  };

  test("causes no fetch within 30 s of the last attempt, never waits for the limiter, and may be new", async () => {
    const { clock, idp, keys, find } = setUpIssuer();
    await find("one");
    clock.advance(30_000 - 1);
    expect(waitOf(() => keys.find("two", "ES256"))).toEqual(["AUTH_UNAVAILABLE", 1]);
    expect(idp.fetches).toBe(1);
    clock.advance(1);
    expect(await find("two")).toBeUndefined();
    expect(idp.fetches).toBe(2);
    clock.advance(29_000);
    expect(waitOf(() => keys.find("three", "ES256"))).toEqual(["AUTH_UNAVAILABLE", 1_000]);
    expect(keys.find("two", "ES256")).toBeUndefined();
    expect(idp.fetches).toBe(2);
  });

  test("that is new is good with the first fetch behind a stranger's, whatever she invents meanwhile", async () => {
    const { clock, idp, keys, find } = setUpIssuer();
    await find("one");
    clock.advance(30_000);
    await find("invented");
    idp.keys = [one, two];
    for (let seconds = 0; seconds < 30; seconds += 1) {
      expect(waitOf(() => keys.find("two", "ES256"))).toEqual(["AUTH_UNAVAILABLE", 1_000 * (30 - seconds)]);
      expect(waitOf(() => keys.find(`invented-${seconds}`, "ES256"))).toHaveLength(2);
      clock.advance(1_000);
    }
    expect(idp.fetches).toBe(2);
    expect((await find("two"))?.kid).toBe("two");
    expect(idp.fetches).toBe(3);
  });

  test("that was withdrawn is none that may be new", async () => {
    const { clock, idp, keys, find } = setUpIssuer();
    idp.keys = [one, two];
    await find("two");
    clock.advance(9 * MINUTE_MS);
    idp.keys = [one];
    void keys.find("one", "ES256");
    await settle();
    expect(keys.find("two", "ES256")).toBeUndefined();
    expect(waitOf(() => keys.find("three", "ES256"))).toEqual(["AUTH_UNAVAILABLE", 30_000]);
  });

  test("that was withdrawn is found again 30 s later, where one server of the issuer did not have it yet", async () => {
    const { clock, idp, keys, find } = setUpIssuer();
    idp.keys = [one, two];
    await find("two");
    clock.advance(9 * MINUTE_MS);
    idp.keys = [one];
    void keys.find("one", "ES256");
    await settle();
    idp.keys = [one, two];
    clock.advance(30_000 - 1);
    expect(keys.find("two", "ES256")).toBeUndefined();
    expect(idp.fetches).toBe(2);
    clock.advance(1);
    expect((await find("two"))?.kid).toBe("two");
    expect(idp.fetches).toBe(3);
  });

  test("that was not found is remembered for two minutes", async () => {
    const { clock, idp, keys, find } = setUpIssuer();
    await find("one");
    clock.advance(30_000);
    await find("two");
    clock.advance(119_999);
    expect(keys.find("two", "ES256")).toBeUndefined();
    expect(idp.fetches).toBe(2);
    clock.advance(1);
    expect(keys.find("two", "ES256")).toBeInstanceOf(Promise);
    expect(idp.fetches).toBe(3);
  });

  test("waits for a fetch that is under way anyhow", async () => {
    const { clock, idp, keys, find } = setUpIssuer();
    await find("one");
    const gate = Promise.withResolvers<void>();
    idp.hold = gate.promise;
    idp.keys = [one, two];
    clock.advance(9 * MINUTE_MS);
    void keys.find("one", "ES256");
    const waiting = find("two");
    gate.resolve();
    expect((await waiting)?.kid).toBe("two");
    expect(idp.fetches).toBe(2);
  });

  test("is not called unknown while the issuer is down: it may be new", async () => {
    const { clock, idp, keys, find } = setUpIssuer();
    await find("one");
    idp.isDown = true;
    clock.advance(30_000);
    const unavailable = { reason: "AUTH_UNAVAILABLE", message: "the issuer's keys cannot be had just now" };
    expect(await refusalOf(() => find("two"))).toEqual(unavailable);
    expect(await refusalOf(() => keys.find("three", "ES256"))).toEqual(unavailable);
    expect(idp.fetches).toBe(2);
    idp.isDown = false;
    idp.keys = [one, two];
    clock.advance(30_000);
    expect((await find("two"))?.kid).toBe("two");
  });
});
