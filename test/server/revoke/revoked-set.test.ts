import { describe, expect, it } from "vitest";
import { createRevokedSet } from "../../../server/src/revoke/revoked-set.ts";
import type { RevocationDimension, RevocationRecord } from "../../../server/src/store/revocations.ts";
import { ISSUED_AT_MS, tokenOf } from "./tokens.ts";

const record = (dimension: RevocationDimension, value: string, beforeMs?: number): RevocationRecord => ({
  id: 1,
  ...{ dimension, value, beforeMs },
  revokedAtMs: ISSUED_AT_MS,
  reason: "revoked",
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
      expect(set.add(record(dimension, value), Infinity)).toBe(true);
      expect(set.covers(tokenOf())).toBe(true);
      expect(set.covers(tokenOf({ [member]: "another" }))).toBe(false);
      const everywhereElse = CASES.filter((other) => other.member !== member);
      const moved = Object.fromEntries(everywhereElse.map((other) => [other.member, value]));
      expect(set.covers(tokenOf({ ...moved, [member]: "another" }))).toBe(false);
    });
  }

  it("spares tokens without a session, an identifier or a named key", () => {
    const set = createRevokedSet();
    set.add(record("sid", "undefined"), Infinity);
    expect(set.covers(tokenOf({ sessionId: undefined, tokenId: undefined, keyId: undefined }))).toBe(false);
  });

  it("spares what was issued after the moment that a revocation names", () => {
    const set = createRevokedSet();
    set.add(record("sub", "subject", ISSUED_AT_MS + 400), Infinity);
    expect(set.covers(tokenOf())).toBe(true);
    expect(set.covers(tokenOf({ issuedAtSeconds: ISSUED_AT_MS / 1_000 + 1 }))).toBe(false);
  });

  it("takes the later of two moments, and says when there is nothing new", () => {
    const set = createRevokedSet();
    expect(set.add(record("sub", "subject", ISSUED_AT_MS), Infinity)).toBe(true);
    expect(set.add(record("sub", "subject", ISSUED_AT_MS), Infinity)).toBe(false);
    expect(set.add(record("sub", "subject", ISSUED_AT_MS - 1), Infinity)).toBe(false);
    expect(set.add(record("sub", "subject", ISSUED_AT_MS + 2_000), Infinity)).toBe(true);
    expect(set.covers(tokenOf({ issuedAtSeconds: ISSUED_AT_MS / 1_000 + 2 }))).toBe(true);
    expect(set.add(record("sub", "subject"), Infinity)).toBe(true);
    expect(set.covers(tokenOf({ issuedAtSeconds: ISSUED_AT_MS }))).toBe(true);
    expect(set.size).toBe(1);
  });

  it("forgets from the oldest on", () => {
    const set = createRevokedSet();
    set.add(record("sid", "a"), 10);
    set.add(record("sid", "b"), 20);
    set.add(record("kid", "c"), 15);
    set.forget(9);
    expect(set.size).toBe(3);
    set.forget(15);
    expect(set.size).toBe(1);
    expect(set.covers(tokenOf({ sessionId: "b" }))).toBe(true);
  });
});
