import { describe, expect, it } from "vitest";
import { createLostRevocations } from "../../../server/issuer/src/revoke/lost-revocations.ts";
import { createRevocationFeed } from "../../../server/issuer/src/revoke/revocation-feed.ts";
import { NO_HISTORY } from "../../../server/issuer/src/revoke/revocation-history.ts";
import { REVOCATION_CHANNEL } from "../../../server/issuer/src/store/revocation-hints.ts";
import {
  insertRevocations,
  OWN_ISSUER,
  type RevocationRecord,
} from "../../../server/issuer/src/store/revocations.ts";
import { openTestSqlite } from "../../support/stores.ts";
import { createTestBus } from "../../support/test-bus.ts";
import { createTestClock } from "../../support/test-clock.ts";

const NOW_MS = 1_700_000_000_000;
const ROWS = 2_500;
const REMEMBERED = 3;

const revocationOf = (value: string) => ({
  ...({ issuer: OWN_ISSUER, dimension: "sid", value, beforeMs: undefined } as const),
  ...{ revokedAtMs: NOW_MS, reason: "signed_out" },
});

describe("reading many revocations", () => {
  it("lets other work be done between pages, and gives a history that no one reads yet what it remembers", async () => {
    await using store = await openTestSqlite();
    await insertRevocations(
      store,
      Array.from({ length: ROWS }, (_, at) => revocationOf(`before-${at}`)),
    );
    const learned: RevocationRecord[] = [];
    const remembered: RevocationRecord[] = [];
    const feed = createRevocationFeed({
      ...{ store, clock: createTestClock(NOW_MS), pollMs: 1_000_000 },
      observer: createLostRevocations({
        ...{ clock: createTestClock(NOW_MS), issuer: () => undefined, remembered: { entries: () => [] } },
        rewrite: () => expect.unreachable("nothing is lost"),
        onError: (error) => expect.unreachable(String(error)),
      }),
      learn: (records) => void learned.push(...records),
      history: {
        maxRows: REMEMBERED,
        restart: () => remembered.splice(0),
        add: (records) => void remembered.push(...records),
        addUnwritten: () => undefined,
      },
      onError: (error) => expect.unreachable(String(error)),
    });
    let turns = 0;
    const count = (): void => {
      turns += 1;
      next = setImmediate(count);
    };
    let next = setImmediate(count);
    await feed.start();
    // Two full pages, and the rest.
    expect(turns).toBeGreaterThanOrEqual(2);
    expect(learned.map(({ value }) => value)).toEqual(
      Array.from({ length: ROWS }, (_, at) => `before-${at}`),
    );
    expect(remembered.map(({ id }) => id)).toEqual([ROWS - 2, ROWS - 1, ROWS]);

    await insertRevocations(
      store,
      Array.from({ length: REMEMBERED + 1 }, (_, at) => revocationOf(`after-${at}`)),
    );
    await feed.look();
    clearImmediate(next);
    expect(remembered.slice(REMEMBERED).map(({ value }) => value)).toEqual([
      "after-0",
      "after-1",
      "after-2",
      "after-3",
    ]);
    await feed.close();
  });
});

it("a look that takes long is not followed by another one for each poll meanwhile", async () => {
  await using store = await openTestSqlite();
  const clock = createTestClock(NOW_MS);
  let looks = 0;
  const feed = createRevocationFeed({
    ...{ store: { ...store, notifiedPollMs: () => 2_000 }, clock, pollMs: 500, history: NO_HISTORY },
    observer: {
      begin: () => {
        looks += 1;
      },
      restart: () => expect.unreachable("the history is the same"),
      end: () => undefined,
    },
    learn: () => undefined,
    onError: (error) => expect.unreachable(String(error)),
  });
  await feed.start();
  // Nothing is read before the test waits.
  clock.advance(2_000);
  clock.advance(1_500);
  await feed.close();
  expect(looks).toBe(2);
});

it("a turn that comes a little early looks all the same", async () => {
  await using store = await openTestSqlite();
  const clock = createTestClock(NOW_MS);
  const begunAtMs: number[] = [];
  const feed = createRevocationFeed({
    ...{ store: { ...store, notifiedPollMs: () => 1_500 }, clock, pollMs: 499.9, history: NO_HISTORY },
    observer: {
      begin: () => void begunAtMs.push(clock.monotonicMs()),
      restart: () => expect.unreachable("the history is the same"),
      end: () => undefined,
    },
    learn: () => undefined,
    onError: (error) => expect.unreachable(String(error)),
  });
  await feed.start();
  clock.advance(1_600);
  await feed.close();
  expect(begunAtMs).toHaveLength(2);
});

it("a server whose bus was down when it revoked asks the others to look when it is back, once", async () => {
  await using opened = await openTestSqlite();
  const bus = createTestBus();
  const store = { ...opened, bus, hintBus: bus };
  const feed = createRevocationFeed({
    ...{ store, clock: createTestClock(NOW_MS), pollMs: 1_000_000, history: NO_HISTORY },
    observer: { begin: () => undefined, restart: () => undefined, end: () => undefined },
    learn: () => undefined,
    onError: (error) => expect.unreachable(String(error)),
  });
  await feed.start();
  bus.isDown = true;
  await insertRevocations(store, [revocationOf("one")]);
  await insertRevocations(store, [revocationOf("another")]);
  await new Promise((resolve) => setImmediate(resolve)); // by then the bus has refused both
  bus.isDown = false;
  expect(bus.published).toEqual([]);
  // A bus that is back says so with an empty message. Behind the first one, what was lost is repeated.
  const back = { channel: REVOCATION_CHANNEL, message: "" };
  await bus.publish(back.channel, back.message);
  await bus.publish(back.channel, back.message);
  await feed.close();
  expect(bus.published).toEqual([back, back, back]);
});
