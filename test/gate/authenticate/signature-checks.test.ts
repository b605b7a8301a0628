import { describe, expect, test } from "vitest";
import {
  type Claimant,
  createSignatureChecks,
} from "../../../server/gate/src/authenticate/signature-checks.ts";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { createTestClock } from "../../support/test-clock.ts";

/** In a second; so 100 may wait and 10 be under way, and 50 come together. */
const FAILURES = 200;

/** Checks that take no time, and a flood that goes on in steps of a millisecond. */
function setUp() {
  const clock = createTestClock();
  const checks = createSignatureChecks({ clock, failuresPerSecond: FAILURES, knownClaimants: 100 });
  const counts = { begun: 0, failed: 0, refused: 0, good: 0 };
  const claimant = (given: Partial<Claimant>): Claimant => ({ peer: "", name: "", cost: 1, ...given });
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    clock,
    checks,
    counts,
    settle,
    good: (given: Partial<Claimant> = {}): Promise<number> =>
      checks.run(claimant(given), async () => {
        counts.good += 1;
        return counts.good;
      }),
    forge(given: Partial<Claimant> = {}): void {
      const check = () => {
        counts.begun += given.cost ?? 1;
        return Promise.reject(new Error("forged"));
      };
      checks.run(claimant(given), check).catch((error: unknown) => {
        counts[error instanceof AuthError ? "refused" : "failed"] += 1;
      });
    },
    /** Let time pass, millisecond for millisecond. */
    async pass(ms: number, each: (n: number) => void = () => undefined): Promise<void> {
      for (let n = 0; n < ms; n++) {
        each(n);
        clock.advance(1);
        await settle();
      }
    },
  };
}

describe("checks of signatures", () => {
  test("begin at once as long as few fail", async () => {
    const { good, forge, settle, counts, clock } = setUp();
    for (let n = 0; n < 1_000; n++) {
      await good({ name: `good-${n}` });
    }
    for (let n = 0; n < 10; n++) {
      forge();
    }
    await settle();
    expect(counts).toEqual({ good: 1_000, begun: 10, failed: 10, refused: 0 });
    expect(clock.scheduledMs).toEqual([]);
  });

  test("that fail are bounded, whatever comes, and what waits is bounded, too", async () => {
    const { forge, pass, counts } = setUp();
    await pass(2_000, (n) => {
      for (let more = 0; more < 10; more++) {
        forge({ peer: `peer-${n % 7}`, name: `name-${n}-${more}` });
      }
    });
    // Two seconds of failures, and those that may come together.
    expect(counts.begun).toBeLessThanOrEqual(2 * FAILURES + FAILURES / 4 + 1);
    expect(counts.begun).toBeGreaterThanOrEqual(2 * FAILURES);
    await pass(600);
    expect(counts.begun + counts.refused).toBe(20_000);
  });

  test("count by what they take", async () => {
    const { forge, pass, counts } = setUp();
    await pass(1_000, () => forge({ cost: 16 }));
    expect(counts.begun).toBeLessThanOrEqual(FAILURES + FAILURES / 4 + 16);
    expect(counts.begun).toBeGreaterThanOrEqual(FAILURES);
  });

  test.each(
    notEmpty([
      ["of another peer", { peer: "home", name: "ada" }, (n: number) => ({ peer: "evil", name: `sub-${n}` })],
      ["of another claimant", { peer: "evil", name: "ada" }, () => ({ peer: "evil", name: "eve" })],
      ["of another claimant of the shared peer", { name: "ada" }, () => ({ name: "eve" })],
      [
        "that many peers forge",
        { peer: "home", name: "ada" },
        (n: number) => ({ peer: `${n}`, name: "eve" }),
      ],
    ]),
  )("of a good token %s are made, and soon, beside a flood", async (_, owner, from) => {
    const { forge, good, pass, counts, clock } = setUp();
    const waitsMs: number[] = [];
    await pass(1_000, (n) => {
      for (let more = 0; more < 5; more++) {
        forge(from(5 * n + more));
      }
      if (n % 10 === 9) {
        const cameMs = clock.monotonicMs();
        void good(owner).then(() => waitsMs.push(clock.monotonicMs() - cameMs));
      }
    });
    await pass(100);
    expect(counts.good).toBe(100);
    // Its turn comes after a few checks, one of which fails every 5 ms.
    expect(Math.max(...waitsMs)).toBeLessThanOrEqual(30);
    expect(counts.refused).toBeGreaterThan(3_000);
  });

  test("of a claimant that was good before are made beside any flood of its own peer", async () => {
    const { forge, good, pass, counts } = setUp();
    const owner = { peer: "office", name: "ada" };
    await good(owner);
    await pass(1_000, (n) => {
      for (let more = 0; more < 5; more++) {
        forge({ peer: "office", name: `sub-${n}-${more}` });
      }
      if (n % 10 === 9) {
        void good(owner);
      }
    });
    await pass(100);
    expect(counts.good).toBe(101);
  });

  test("give way for a second when too many wait, and the one that has most there goes first", async () => {
    const { forge, settle, checks } = setUp();
    const claimant = { peer: "evil", name: "eve", cost: 1 };
    for (let n = 0; n < 200; n++) {
      forge(claimant);
      await settle();
    }
    const refused = checks.run(claimant, () => Promise.resolve());
    await expect(refused).rejects.toMatchObject({ reason: "RATE_LIMITED", retryAfterMs: 1_000 });
  });

  test("that wait while none is under way begin when time has made room", async () => {
    const { forge, good, settle, clock } = setUp();
    for (let n = 0; n < 50; n++) {
      forge();
      await settle();
    }
    const late = good();
    expect(clock.scheduledMs).toEqual([1]);
    clock.advance(1);
    await expect(late).resolves.toBe(1);
    expect(clock.scheduledMs).toEqual([]);
  });
});
