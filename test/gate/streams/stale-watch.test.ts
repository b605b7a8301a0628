import { expect, test } from "vitest";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { createDeadlines } from "../../../server/gate/src/kernel/deadlines.ts";
import { createStaleWatch } from "../../../server/gate/src/streams/stale-watch.ts";
import { createStreamLease } from "../../../server/gate/src/streams/stream-lease.ts";
import { createStreamRegistry } from "../../../server/gate/src/streams/stream-registry.ts";
import { createTestClock } from "../../support/test-clock.ts";
import { principal, RENEWABLE } from "./fixtures.ts";

test("a stream ends within a second once it cannot be known whether its session is revoked", () => {
  const clock = createTestClock(1_000_000);
  const registry = createStreamRegistry();
  let isKnown = true;
  const revocations = {
    isRevoked() {
      if (!isKnown) {
        throw new AuthError("AUTH_UNAVAILABLE", "no hub has said anything");
      }
      return false;
    },
  };
  const context = {
    ...{ registry, revocations, clock, toleranceSeconds: 0 },
    staleWatch: createStaleWatch({ registry, revocations, clock }),
    findCurrent: <Found>(found: Found): Found => found,
    deadlines: createDeadlines(clock),
    observer: {},
  };
  const caller = { principal: principal({ expiresAtSeconds: 1_600 }) };
  const options = { streamId: undefined, method: "test.v1.EchoService/Watch", policy: RENEWABLE, caller };
  const opened = createStreamLease(context, { ...options, adopt: () => undefined });
  clock.advance(1_000);
  expect(opened?.lifetime.ended).toBeUndefined();
  isKnown = false;
  clock.advance(999);
  expect(opened?.lifetime.ended).toBeUndefined();
  clock.advance(1);
  expect(opened?.lifetime.ended).toMatchObject({
    reason: "AUTH_UNAVAILABLE",
    message: "what has been revoked cannot be known just now",
  });
  expect(registry.size).toBe(0);
  expect(clock.scheduledMs).toEqual([]);
});
