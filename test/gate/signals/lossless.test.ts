import { expect, test } from "vitest";
import { createFeed } from "../../../server/gate/src/signals/feed.ts";
import { createHubWatcher } from "../../../server/gate/src/signals/hub-watcher.ts";
import { tokenOf } from "../revoked/tokens.ts";
import { createFakeStore, createRandom } from "./fake-store.ts";

const REVOCATIONS = 100_000;
const STEP_MS = 100;
const STALE_AFTER_MS = 10_000;
const SEED = 20_261_130;

test(`of ${REVOCATIONS} revocations, with cuts and other histories at random, none is lost and none outlives its revocation`, async () => {
  const random = createRandom(SEED);
  const store = createFakeStore(random);
  const { clock, history } = store;
  const feed = createFeed({ clock, onError: (error) => expect.unreachable(String(error)) });
  const opened = { watches: 0 };
  const watcher = createHubWatcher({
    hubs: [1, 2, 3].map((port) => new URL(`http://127.0.0.1:${port}`)),
    serverId: "server",
    hashSubjects: false,
    audience: () => "",
    clock,
    calls: store.calls,
    tokens: {
      async get() {
        opened.watches += 1;
        return { token: "token", expiresAtMs: clock.monotonicMs() + 20_000, canRenew: false };
      },
      forget: () => {},
    },
    feed,
    random,
    onAlive: () => {},
    onRenewal: () => {},
    onError: () => {},
  });
  let notified = 0;
  feed.known.onRevoked(({ records }) => {
    notified += records.length;
  });
  const lost: string[] = [];
  const counts = { known: 0, checks: 0, staleSteps: 0, steps: 0 };
  /** What was revoked by the moment of which all is known must be covered until it runs out. */
  const check = (index: number): void => {
    const { subject, expiresAtMs } = history[index] ?? { subject: "", expiresAtMs: 0 };
    if (clock.nowMs() < expiresAtMs) {
      counts.checks += 1;
      if (!feed.known.covers(tokenOf({ subject }))) {
        lost.push(`${subject} at ${clock.nowMs()}`);
      }
    }
  };
  const step = async (): Promise<void> => {
    counts.steps += 1;
    store.speak();
    clock.advance(STEP_MS);
    for (let turn = 0; turn < 6; turn += 1) {
      await Promise.resolve();
    }
    counts.staleSteps += clock.nowMs() - feed.readAtMs <= STALE_AFTER_MS ? 0 : 1;
    for (; (history[counts.known]?.atMs ?? Infinity) <= feed.readAtMs; counts.known += 1) {
      check(counts.known);
    }
    for (let sample = 0; counts.known > 0 && sample < 20; sample += 1) {
      check(Math.floor(random() * counts.known));
    }
  };

  watcher.start();
  while (history.length < REVOCATIONS) {
    store.revoke(Math.min(Math.floor(random() * 200), REVOCATIONS - history.length));
    store.disturb();
    await step();
  }
  while (counts.known < REVOCATIONS) {
    await step();
  }
  watcher.close();
  expect(lost).toEqual([]);
  expect(counts.checks).toBeGreaterThan(90_000);
  // Nothing is said twice, however often it comes; what ran out before it came reaches no listener.
  expect(notified).toBeLessThanOrEqual(REVOCATIONS);
  expect(notified).toBeGreaterThan(0.9 * REVOCATIONS);
  // It was no calm run, and most of the time all was known all the same.
  expect(opened.watches).toBeGreaterThan(10);
  expect(counts.staleSteps).toBeLessThan(counts.steps / 4);
});
