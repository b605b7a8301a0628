import { describe, expect, it } from "vitest";
import { createSharedSignInLimiter } from "../../../server/issuer/src/credentials/shared-sign-in-limiter.ts";
import { openTestSqlite } from "../../support/stores.ts";
import { createWallClock } from "../../support/test-clock.ts";

describe("the limiter that servers share", () => {
  it("counts the failures at all servers together, and forgets them after a success at any", async () => {
    await using store = await openTestSqlite();
    const clock = createWallClock();
    const servers = [
      createSharedSignInLimiter({ store, clock }),
      createSharedSignInLimiter({ store, clock }),
    ];
    const [one, two] = servers;
    for (let n = 0; n < 6; n++) {
      await servers[n % 2]?.recordFailure("ada");
    }
    for (const server of servers) {
      await expect(server.assertAllowed("ada")).rejects.toMatchObject({
        reason: "RATE_LIMITED",
        retryAfterMs: 2_000,
      });
    }
    clock.advance(2_000);
    await two?.assertAllowed("ada");
    await two?.recordSuccess("ada");
    await one?.recordFailure("ada");
    await two?.assertAllowed("ada");
  });

  it("forgets after a quarter of an hour", async () => {
    await using store = await openTestSqlite();
    const clock = createWallClock();
    const limiter = createSharedSignInLimiter({ store, clock });
    for (let n = 0; n < 20; n++) {
      await limiter.recordFailure("ada");
    }
    clock.advance(900_000);
    await createSharedSignInLimiter({ store, clock }).assertAllowed("ada");
    await limiter.recordFailure("ada");
    await createSharedSignInLimiter({ store, clock }).assertAllowed("ada");
  });
});
