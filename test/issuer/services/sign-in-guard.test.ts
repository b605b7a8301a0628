import { describe, expect, it } from "vitest";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { createRateLimit } from "../../../server/gate/src/kernel/rate-limit.ts";
import { createSignInGuard } from "../../../server/issuer/src/services/sign-in-guard.ts";
import { setUpIssuer } from "../../gate/keys/remote-issuer.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { createTestClock } from "../../support/test-clock.ts";

const KINDS = notEmpty(["secret", "assertion", "federated"] as const);
const OFFICE = "192.0.2.1";

function start() {
  const clock = createTestClock();
  const events: unknown[] = [];
  const attempts = createRateLimit({ limit: 30, windowMs: 60_000, clock, message: "too many attempts" });
  const guard = createSignInGuard({
    attempts,
    audit: { record: (event) => void events.push(event) },
  });
  return { clock, guard, events, attempts };
}

const right = async () => "in";
const wrong = () => Promise.reject(new AuthError("CREDENTIALS_INVALID", "wrong"));

describe("the guard of sign-ins", () => {
  for (const kind of KINDS) {
    it(`lets a right ${kind} through when its address has spent its attempts on wrong ones`, async () => {
      const { clock, guard } = start();
      const attempt = { peer: OFFICE, kind };
      for (let n = 0; n < 30; n++) {
        await expect(guard(attempt, wrong)).rejects.toMatchObject({ reason: "CREDENTIALS_INVALID" });
      }
      const refused = { reason: "RATE_LIMITED", retryAfterMs: 2_000 };
      await expect(guard(attempt, wrong)).rejects.toMatchObject(refused);
      expect(await guard(attempt, right)).toBe("in");
      // Wrong ones that had to wait anyway have not made the wait longer.
      await expect(guard(attempt, wrong)).rejects.toMatchObject(refused);
      await expect(guard({ ...attempt, peer: "192.0.2.2" }, wrong)).rejects.toMatchObject({
        reason: "CREDENTIALS_INVALID",
      });
      clock.advance(2_000);
      await expect(guard(attempt, wrong)).rejects.toMatchObject({ reason: "CREDENTIALS_INVALID" });
    });
  }

  it("leaves users their attempts at passwords, whatever clients at their address get wrong", async () => {
    const { guard, attempts } = start();
    for (let n = 0; n < 40; n++) {
      await guard({ peer: OFFICE, kind: "secret" }, wrong).catch(() => undefined);
    }
    expect(() => attempts.assertAllowed(OFFICE)).not.toThrow();
    for (let n = 0; n < 30; n++) {
      attempts.take(OFFICE);
    }
    expect(() => attempts.assertAllowed(OFFICE)).toThrow("too many attempts");
  });

  it("puts on record what was wrong, and counts neither what is right nor an outage", async () => {
    const { guard, events } = start();
    const outage = () => Promise.reject(new AuthError("AUTH_UNAVAILABLE", "down"));
    for (let n = 0; n < 40; n++) {
      await guard({ peer: OFFICE, kind: "secret" }, right);
      await guard({ peer: OFFICE, kind: "secret" }, outage).catch(() => undefined);
    }
    await guard({ peer: OFFICE, kind: "secret" }, wrong).catch(() => undefined);
    expect(events.at(-1)).toMatchObject({ type: "sign_in_failed", reason: "CREDENTIALS_INVALID" });
  });

  it("counts a token whose key is unknown and may be new as a wrong one, and answers with the time until that is known", async () => {
    const { guard } = start();
    const { keys, find } = setUpIssuer();
    await find("one");
    const early = async () => keys.find("two", "ES256");
    const attempt = { peer: OFFICE, kind: "federated" } as const;
    for (let n = 0; n < 31; n++) {
      const unavailable = { reason: "AUTH_UNAVAILABLE", retryAfterMs: 30_000 };
      await expect(guard(attempt, early)).rejects.toMatchObject(unavailable);
    }
    await expect(guard(attempt, wrong)).rejects.toMatchObject({ reason: "RATE_LIMITED" });
    expect(await guard(attempt, right)).toBe("in");
  });

  it("checks sixteen at a time, and lets an address within its limit go before one that is not", async () => {
    const { guard } = start();
    const gates: PromiseWithResolvers<string>[] = [];
    const started: string[] = [];
    const run = (peer: string) =>
      guard({ peer, kind: "assertion" }, () => {
        const gate = Promise.withResolvers<string>();
        gates.push(gate);
        started.push(peer);
        return gate.promise;
      });
    for (let n = 0; n < 30; n++) {
      await guard({ peer: "evil", kind: "assertion" }, wrong).catch(() => undefined);
    }
    const flood = Array.from({ length: 1_100 }, () => run("evil").catch((error: unknown) => error));
    const own = run(OFFICE);
    await new Promise((resolve) => setImmediate(resolve));
    expect(started).toHaveLength(16);
    for (let n = 0; gates.length > n; n++) {
      gates[n]?.resolve("in");
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(started[16]).toBe(OFFICE);
    expect(await own).toBe("in");
    const answers = await Promise.all(flood);
    expect(answers.filter((answer) => answer === "in")).toHaveLength(16 + 1_000);
    expect(answers.at(-1)).toMatchObject({ reason: "RATE_LIMITED", retryAfterMs: 1_000 });
  });
});
