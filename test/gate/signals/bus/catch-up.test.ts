import { expect, test } from "vitest";
import { PEERS_CHANNEL } from "../../../../server/gate/src/signals/bus/peer-messages.ts";
import { notEmpty } from "../../../support/not-empty.ts";
import { createLinkedServers, logoutOf } from "./linked-servers.ts";

/** When digests of what has not expired become others, in milliseconds. */
const SLOT_MS = 10 * 60_000;

test("a server that starts while its clock and that of another lie on two sides of a slot knows what the other knows", async () => {
  const { join, untilReady, clock } = createLinkedServers();
  clock.advance(SLOT_MS - (clock.nowMs() % SLOT_MS) - 15_000);
  const first = join({ aheadMs: 20_000 });
  await untilReady(first);
  await first.signals.logouts.take(logoutOf("a"));
  const second = join();
  await untilReady(second);
  expect(second.fate("a")).toBe("revoked");
});

/** Which of the messages to it are lost: behind the first digest of the other server. */
const LOST = notEmpty([2, 3, 4]);

test.each(LOST)(
  "a server that starts takes no calls before it knows all, when %i messages to it are lost",
  async (lost) => {
    const { join, untilReady } = createLinkedServers();
    const first = join();
    await untilReady(first);
    for (let index = 0; index < 100; index += 1) {
      await first.signals.logouts.take(logoutOf(`session ${index}`));
    }
    let count = 0;
    const isLost = (channel: string): boolean => {
      count += channel === PEERS_CHANNEL ? 0 : 1;
      return channel !== PEERS_CHANNEL && count > 1 && count <= 1 + lost;
    };
    const second = join({ isLost });
    await untilReady(second);
    expect(count).toBeGreaterThan(1 + lost);
    for (let index = 0; index < 100; index += 1) {
      expect(second.fate(`session ${index}`)).toBe("revoked");
    }
  },
);

test("an event about more tokens than fit into one message is told in several", async () => {
  const { join, until, untilReady } = createLinkedServers();
  const [first, second] = [join(), join()];
  await untilReady(first, second);
  const changedClaims = { roles: ["r".repeat(2_000)] };
  const beforeMs = Date.UTC(2026, 6, 1);
  const { key, expiresAtMs } = logoutOf("all");
  const names = ["a", "b", "c", "d", "e"];
  const revocations = names.flatMap((name) => logoutOf(name, { changedClaims, beforeMs }).revocations);
  expect(await first.signals.logouts.take({ key, expiresAtMs, revocations })).toBe("taken");
  await until(() => names.every((name) => second.changesOf(name) !== undefined));
});
