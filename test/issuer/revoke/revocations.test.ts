import { describe, expect, it, vi } from "vitest";
import type { RevocationEvent } from "../../../server/gate/src/kernel/audit.ts";
import type { RevocationOrder } from "../../../server/issuer/src/revoke/revocation-order.ts";
import type { RevocationBatch } from "../../../server/issuer/src/revoke/revocations.ts";
import { createRevocations } from "../../../server/issuer/src/revoke/revocations.ts";
import { tokenOf } from "../../gate/revoked/tokens.ts";
import { openTestSqlite } from "../../support/stores.ts";
import { createWallClock } from "../../support/test-clock.ts";
import { ACCESS_TTL_MS, MARGIN_MS, startRevocations as start } from "./started.ts";

const KEEP_MS = ACCESS_TTL_MS + MARGIN_MS;

describe("revocations", () => {
  it("refuse a session from the moment that it is revoked, and tell each listener once", async () => {
    await using store = await openTestSqlite();
    await using revocations = await start(store, createWallClock());
    const told: RevocationBatch[] = [];
    const stop = revocations.onRevoked((batch) => told.push(batch));
    expect(revocations.isRevoked(tokenOf())).toBe(false);
    await revocations.revoke({ sid: "session" });
    await revocations.revoke({ sid: "session", reason: "again" });
    expect(revocations.isRevoked(tokenOf())).toBe(true);
    expect(revocations.isRevoked(tokenOf({ sessionId: "another" }))).toBe(false);
    stop();
    await revocations.revoke({ sid: "b" });
    expect(told).toHaveLength(1);
    expect(told[0]?.matches(tokenOf())).toBe(true);
    expect(told[0]?.matches(tokenOf({ sessionId: "b" }))).toBe(false);
  });

  it("leave a subject and a client the tokens that they get afterwards", async () => {
    await using store = await openTestSqlite();
    const clock = createWallClock();
    await using revocations = await start(store, clock);
    await revocations.revoke({ sub: "subject" });
    await revocations.revoke({ clientId: "client", before: new Date(clock.nowMs() + 5_000) });
    const issuedAfterMs = (ms: number) => ({ issuedAtSeconds: (clock.nowMs() + ms) / 1_000 });
    expect(revocations.isRevoked(tokenOf({ clientId: "c" }))).toBe(true);
    expect(revocations.isRevoked(tokenOf({ clientId: "c", ...issuedAfterMs(1_000) }))).toBe(false);
    expect(revocations.isRevoked(tokenOf(issuedAfterMs(5_000)))).toBe(true);
    expect(revocations.isRevoked(tokenOf(issuedAfterMs(6_000)))).toBe(false);
  });

  it("are written down, by what they go by", async () => {
    await using store = await openTestSqlite();
    const record = vi.fn<(event: RevocationEvent) => void>();
    await using revocations = await start(store, createWallClock(), { audit: { record } });
    await revocations.revoke({ jti: "t", reason: "lost" });
    await revocations.revoke({ clientId: "c" });
    expect(record.mock.calls).toEqual([
      [{ type: "revoked", tokenId: "t", reason: "lost" }],
      [{ type: "revoked", clientId: "c", reason: "revoked" }],
    ]);
  });

  it("refuse orders that do not name exactly one thing", async () => {
    await using store = await openTestSqlite();
    await using revocations = await start(store, createWallClock());
    const orders: unknown[] = [{}, { sid: "a", sub: "b" }, { sid: 1 }, { reason: "none" }];
    for (const order of orders) {
      await expect(revocations.revoke(order as RevocationOrder)).rejects.toThrow("names exactly one of");
    }
    await expect(revocations.revoke({ sid: "" })).rejects.toThrow("must have 1 to 8192 characters");
    await expect(revocations.revoke({ sub: "a", before: new Date("no") })).rejects.toThrow("valid date");
    expect(revocations.size).toBe(0);
  });

  it("go on telling when a listener throws", async () => {
    await using store = await openTestSqlite();
    const onError = vi.fn<(error: unknown) => void>();
    await using revocations = await start(store, createWallClock(), { onError });
    const told = vi.fn<(batch: RevocationBatch) => void>();
    revocations.onRevoked(() => {
      throw new Error("a listener's own");
    });
    revocations.onRevoked(told);
    await revocations.revoke({ sid: "a" });
    expect(told).toHaveBeenCalledTimes(1);
    expect(onError).toHaveBeenCalledTimes(1);
  });

  it("are forgotten when no token can be valid any more that they are about", async () => {
    await using store = await openTestSqlite();
    const clock = createWallClock();
    await using revocations = await start(store, clock, { pollMs: 1_000_000, staleAfterMs: Infinity });
    await revocations.revoke({ sid: "a" });
    clock.advance(KEEP_MS - 1);
    await revocations.revoke({ sid: "b" });
    expect(revocations.size).toBe(2);
    clock.advance(1);
    await revocations.revoke({ sid: "c" });
    expect(revocations.size).toBe(2);
    expect(revocations.isRevoked(tokenOf({ sessionId: "a" }))).toBe(false);
  });

  it("know nothing before they were read", async () => {
    await using store = await openTestSqlite();
    const revocations = createRevocations({ store, clock: createWallClock(), accessTtlMs: ACCESS_TTL_MS });
    expect(() => revocations.isRevoked(tokenOf())).toThrow("cannot be read just now");
  });

  it("are not served for longer than a minute without the store", async () => {
    const store = await openTestSqlite();
    const clock = createWallClock();
    const { promise: failed, resolve: onError } = Promise.withResolvers<unknown>();
    await using revocations = await start(store, clock, { onError });
    await store.close();
    await failed;
    clock.advance(60_000);
    expect(revocations.isRevoked(tokenOf())).toBe(false);
    clock.advance(1);
    expect(() => revocations.isRevoked(tokenOf())).toThrow("cannot be read just now");
  });

  it("are served for as long as it takes when that was asked for", async () => {
    const store = await openTestSqlite();
    const clock = createWallClock();
    const { promise: failed, resolve: onError } = Promise.withResolvers<unknown>();
    await using revocations = await start(store, clock, { onError, failOpen: true });
    await store.close();
    await failed;
    clock.advance(10 * 60_000);
    expect(revocations.isRevoked(tokenOf())).toBe(false);
  });
});
