import { describe, expect, it } from "vitest";
import type { Revoked } from "../../../server/gate/src/revoked/revoked.ts";
import {
  createLostRevocations,
  type WrittenRevocation,
} from "../../../server/issuer/src/revoke/lost-revocations.ts";
import { OWN_ISSUER } from "../../../server/issuer/src/store/revocations.ts";
import type { UnwrittenRevocation } from "../../../server/issuer/src/store/unwritten-revocations.ts";
import { createTestClock } from "../../support/test-clock.ts";

const ISSUER = "https://a.test";
const NOW_MS = 5_000;

const writtenOf = (id: number, more: Partial<WrittenRevocation> = {}): WrittenRevocation => ({
  ...{ id, dimension: "sid", value: `session-${id}`, issuer: OWN_ISSUER, reason: "signed_out" },
  ...{ beforeMs: undefined, revokedAtMs: 1_000, expiresAtMs: 9_000, endsSession: true },
  ...more,
});

function createLost(known: readonly Revoked[] = []) {
  const rewritten: UnwrittenRevocation[] = [];
  const lost = createLostRevocations({
    ...{ clock: createTestClock(NOW_MS), issuer: () => ISSUER, remembered: { entries: () => known } },
    rewrite: (revocations) => [rewritten.push(...revocations)],
    onError: (error) => expect.unreachable(String(error)),
  });
  return { lost, rewritten };
}

describe("what a store has lost", () => {
  it("is what was written before a read that does not bring it, with the end of its session", () => {
    const { lost, rewritten } = createLost();
    lost.addWritten([writtenOf(1), writtenOf(2), writtenOf(3)]);
    lost.begin();
    lost.addWritten([writtenOf(4)]);
    // Another row has the number that one of them had.
    lost.addRead([writtenOf(1), writtenOf(3, { value: "another" })]);
    lost.end();
    expect(rewritten).toMatchObject([
      { value: "session-2", endsSession: true, minLifeMs: 8_000 },
      { value: "session-3", endsSession: true },
    ]);
    lost.begin();
    lost.addRead([writtenOf(4)]);
    lost.end();
    expect(rewritten).toHaveLength(2);
  });

  it("is not what a read has brought before this server learns that it is written", () => {
    const { lost, rewritten } = createLost();
    const readOnce = (read: readonly WrittenRevocation[]): void => {
      lost.begin();
      lost.addRead(read);
      lost.end();
    };
    readOnce([writtenOf(1), writtenOf(2)]);
    lost.addWritten([writtenOf(2), writtenOf(3)]);
    readOnce([]);
    expect(rewritten).toMatchObject([{ value: "session-3" }]);
    // Another history has the same numbers.
    lost.restart();
    lost.addWritten([writtenOf(1)]);
    readOnce([]);
    expect(rewritten).toMatchObject([{ value: "session-3" }, { value: "session-1" }]);
  });

  it("waits for a read that comes to its end", () => {
    const { lost, rewritten } = createLost();
    lost.addWritten([writtenOf(1)]);
    lost.begin();
    lost.begin();
    lost.addRead([writtenOf(1)]);
    lost.end();
    expect(rewritten).toEqual([]);
  });

  it("is, of another history, all that is known and not in it, as long as it matters", () => {
    const known: readonly Revoked[] = [
      { issuer: ISSUER, dimension: "sid", value: "session-1", beforeMs: undefined, expiresAtMs: 9_000 },
      { issuer: ISSUER, dimension: "sub", value: "wider", beforeMs: 3_000, expiresAtMs: 9_000 },
      {
        issuer: "https://b.test",
        dimension: "sid",
        value: "theirs",
        beforeMs: undefined,
        expiresAtMs: 9_000,
      },
      { issuer: undefined, dimension: "kid", value: "every", beforeMs: undefined, expiresAtMs: 9_000 },
      {
        ...{ issuer: ISSUER, dimension: "sub", value: "changed", beforeMs: 3_000, expiresAtMs: 9_000 },
        changedClaims: { roles: ["reader"] },
      },
      { issuer: ISSUER, dimension: "sid", value: "over", beforeMs: undefined, expiresAtMs: NOW_MS },
    ];
    const { lost, rewritten } = createLost(known);
    lost.begin();
    lost.end();
    expect(rewritten).toEqual([]);
    lost.begin();
    lost.restart();
    lost.addRead([writtenOf(1), writtenOf(2, { dimension: "sub", value: "wider", beforeMs: 2_000 })]);
    lost.end();
    const common = { revokedAtMs: NOW_MS, reason: "revoked", minLifeMs: 4_000, endsSession: false };
    expect(rewritten).toEqual([
      { issuer: OWN_ISSUER, dimension: "sub", value: "wider", beforeMs: 3_000, ...common },
      { issuer: "https://b.test", dimension: "sid", value: "theirs", beforeMs: undefined, ...common },
      { issuer: undefined, dimension: "kid", value: "every", beforeMs: undefined, ...common },
      {
        ...{ issuer: OWN_ISSUER, dimension: "sub", value: "changed", beforeMs: 3_000, ...common },
        changedClaims: { roles: ["reader"] },
      },
    ]);
  });
});
