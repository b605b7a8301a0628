import { describe, expect, it } from "vitest";
import type { RevocationDimension, Revoked } from "../../../server/gate/src/revoked/revoked.ts";
import { createRevokedSet } from "../../../server/gate/src/revoked/revoked-set.ts";
import { ISSUED_AT_MS, tokenOf } from "./tokens.ts";

const record = (dimension: RevocationDimension, value: string, more: Partial<Revoked> = {}): Revoked => ({
  ...{ issuer: "https://a.test", dimension, value, beforeMs: undefined, expiresAtMs: Infinity },
  ...more,
});

const CASES = [
  { dimension: "sid", value: "session", member: "sessionId" },
  { dimension: "sub", value: "subject", member: "subject" },
  { dimension: "jti", value: "token", member: "tokenId" },
  { dimension: "client_id", value: "client", member: "clientId" },
  { dimension: "kid", value: "key", member: "keyId" },
] as const;

describe("the set of what is revoked", () => {
  for (const { dimension, value, member } of CASES) {
    it(`finds a token by ${dimension}, and no other by the same text`, () => {
      const set = createRevokedSet();
      expect(set.covers(tokenOf())).toBe(false);
      expect(set.add(record(dimension, value))).toBe(true);
      expect(set.covers(tokenOf())).toBe(true);
      expect(set.covers(tokenOf({ [member]: "another" }))).toBe(false);
      const everywhereElse = CASES.filter((other) => other.member !== member);
      const moved = Object.fromEntries(everywhereElse.map((other) => [other.member, value]));
      expect(set.covers(tokenOf({ ...moved, [member]: "another" }))).toBe(false);
    });
  }

  it("spares tokens without a session, an identifier or a named key", () => {
    const set = createRevokedSet();
    set.add(record("sid", "undefined"));
    expect(set.covers(tokenOf({ sessionId: undefined, tokenId: undefined, keyId: undefined }))).toBe(false);
  });

  it("refuses every token of an issuer on what a newer release goes by, up to its moment, and takes no change from it", () => {
    const set = createRevokedSet();
    const device = "device" as RevocationDimension; // of a release that does not exist yet
    set.add(record(device, "phone", { beforeMs: ISSUED_AT_MS, changedClaims: { roles: [] } }));
    expect([set.covers(tokenOf({ sessionId: "x", keyId: undefined })), set.changesOf(tokenOf())]).toEqual([
      true,
      undefined,
    ]);
    expect(set.covers(tokenOf({ issuer: "https://b.test" }))).toBe(false);
    expect(set.covers(tokenOf({ issuedAtSeconds: ISSUED_AT_MS / 1_000 + 1 }))).toBe(false);
    set.forget(Infinity);
    expect([set.size, set.covers(tokenOf())]).toEqual([0, false]);
  });

  it("spares what was issued after the moment that a revocation names", () => {
    const set = createRevokedSet();
    set.add(record("sub", "subject", { beforeMs: ISSUED_AT_MS + 400 }));
    expect(set.covers(tokenOf())).toBe(true);
    expect(set.covers(tokenOf({ issuedAtSeconds: ISSUED_AT_MS / 1_000 + 1 }))).toBe(false);
  });

  it("takes the later of two moments, and says when there is nothing new", () => {
    const set = createRevokedSet();
    expect(set.add(record("sub", "subject", { beforeMs: ISSUED_AT_MS }))).toBe(true);
    expect(set.add(record("sub", "subject", { beforeMs: ISSUED_AT_MS }))).toBe(false);
    expect(set.add(record("sub", "subject", { beforeMs: ISSUED_AT_MS - 1 }))).toBe(false);
    expect(set.add(record("sub", "subject", { beforeMs: ISSUED_AT_MS + 2_000 }))).toBe(true);
    expect(set.covers(tokenOf({ issuedAtSeconds: ISSUED_AT_MS / 1_000 + 2 }))).toBe(true);
    expect(set.add(record("sub", "subject"))).toBe(true);
    expect(set.covers(tokenOf({ issuedAtSeconds: ISSUED_AT_MS }))).toBe(true);
    expect(set.size).toBe(1);
  });

  for (const { dimension, value, member } of CASES) {
    it(`leaves another issuer's token of the same ${dimension} alone, unless the revocation is for every issuer`, () => {
      const set = createRevokedSet();
      set.add(record(dimension, value));
      const other = tokenOf({ issuer: "https://b.test", [member]: value });
      expect([set.covers(tokenOf()), set.covers(other)]).toEqual([true, false]);
      set.add(record(dimension, value, { issuer: undefined }));
      // An issuer is whoever it says it is, as long as it is not the same.
      expect([set.covers(other), set.covers(tokenOf({ issuer: "" }))]).toEqual([true, true]);
      expect(set.size).toBe(2);
    });
  }

  it("forgets what has run out, wherever it stands, and of two revocations of one thing keeps the longer", () => {
    const set = createRevokedSet();
    set.add(record("sid", "a", { expiresAtMs: 20 }));
    set.add(record("sid", "b", { expiresAtMs: 10 }));
    set.add(record("kid", "c", { expiresAtMs: 15, issuer: undefined }));
    expect(set.add(record("sid", "b", { expiresAtMs: 30 }))).toBe(false);
    expect(set.add(record("sid", "b", { expiresAtMs: 12, beforeMs: 1 }))).toBe(false);
    set.forget(14);
    expect(set.size).toBe(3);
    set.forget(29);
    expect(set.size).toBe(1);
    expect(set.covers(tokenOf({ sessionId: "b" }))).toBe(true);
    set.forget(30);
    expect(set.size).toBe(0);
  });

  it("comes to each of many in turn, a few at a time", () => {
    const set = createRevokedSet();
    for (let id = 0; id < 5_000; id += 1) {
      set.add(record("sid", `${id}`, { expiresAtMs: id < 4_999 ? 99 : 1 }));
    }
    let rounds = 0;
    while (set.size === 5_000) {
      set.forget(1);
      rounds += 1;
    }
    expect(rounds).toBe(5);
    expect(set.covers(tokenOf({ sessionId: "4999" }))).toBe(false);
  });
});
