import type { WatchResponse } from "@countersign/gen/countersign/auth/v1/signal_pb.js";
import { expect, it } from "vitest";
import { createRevokedSet } from "../../../server/gate/src/revoked/revoked-set.ts";
import { PULL } from "../../../server/gate/src/streams/pull.ts";
import { createHub, type Hub } from "../../../server/issuer/src/signals/hub.ts";
import { createSignalFeed } from "../../../server/issuer/src/signals/signal-feed.ts";
import { createSubjectHash } from "../../../server/issuer/src/signals/subject-hash.ts";
import { createWatchedServers } from "../../../server/issuer/src/signals/watched-servers.ts";
import type { Watcher } from "../../../server/issuer/src/signals/watcher.ts";
import type { RevocationRecord } from "../../../server/issuer/src/store/revocations.ts";
import { createTestClock } from "../../support/test-clock.ts";
import { createServerId, textOf } from "./signal-server.ts";

const REVOCATIONS = 100_000;
const READERS = 6;

/** How long each matters, in milliseconds: some 6,000 of them do at a time. */
const LIFE_MS = 1_200;

/** Numbers from 0 to 1, the same in every run. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** One in three does not revoke the tokens, but changes what they say. */
function changesClaims(id: number): boolean {
  return id % 3 === 0;
}

/** A hub without a network and a store. */
function startHub() {
  const clock = createTestClock();
  const set = createRevokedSet();
  const limits = { maxWatchers: 100, maxSnapshots: 2, maxHistory: 2_000 };
  const subjects = createSubjectHash(new Uint8Array(32), "");
  let generation = 0;
  const feed = createSignalFeed({
    ...{ clock, issuer: "https://a.test", maxHistory: limits.maxHistory, subjects: () => subjects },
    revocations: () => ({
      entries: () => set.entries(),
      listUnwritten: () => [],
      look: () => Promise.resolve(),
      readAtMs: () => clock.nowMs(),
    }),
  });
  const epoch = {
    get current() {
      return `epoch ${generation}`;
    },
    start: () => Promise.resolve(),
    lookAgain: () => undefined,
    close: () => undefined,
    async renew() {
      generation += 1;
      hub.restart();
    },
  };
  const hub: Hub = createHub({
    ...{
      feed,
      epoch,
      clock,
      servers: createWatchedServers(),
      onEnd: () => undefined,
      onServed: undefined,
    },
    limits: { ...limits, maxWaitingRenewals: 1, renewalTimeoutMs: 1 },
    subjectKey: () => subjects.key,
  });
  const expiries = new Float64Array(REVOCATIONS + 1);
  let id = 0;
  return {
    /** Whether a revocation still matters. */
    isLive: (revocation: number) => (expiries[revocation] ?? 0) > clock.nowMs(),
    clock,
    hub,
    feed,
    revoke(count: number) {
      set.forget(clock.nowMs());
      const expiresAtMs = clock.nowMs() + LIFE_MS;
      const records = Array.from({ length: count }, (): RevocationRecord => {
        id += 1;
        expiries[id] = expiresAtMs;
        const times = { beforeMs: undefined, revokedAtMs: 1, expiresAtMs };
        const changed = changesClaims(id) ? { changedClaims: { roles: [] } } : {};
        return { id, dimension: "sid", value: String(id), reason: "revoked", ...times, ...changed };
      });
      for (const record of records) {
        set.add(record);
      }
      feed.add(records);
    },
  };
}

const ORDER = {
  serverId: createServerId(),
  clientId: "billing",
  audience: "billing",
  form: "plain",
} as const;

/** A server that watches, and what it has not been told of what it was said to know. */
function createReader({ hub, isLive }: ReturnType<typeof startHub>) {
  const order = { ...ORDER, serverId: createServerId() };
  const told = new Uint8Array(REVOCATIONS + 1);
  let [epoch, cursor, snapshots, lost, checked, repeated] = ["", 0n, 0, 0, 0, 0];
  let watcher: Watcher | undefined;
  let isAsking = false;
  const check = (upTo: number): void => {
    for (; checked < upTo; checked += 1) {
      lost += told[checked + 1] === 0 && isLive(checked + 1) ? 1 : 0;
    }
  };
  const take = ({ kind }: WatchResponse): void => {
    if (kind.case === "begin") {
      ({ epoch } = kind.value);
      snapshots += kind.value.isSnapshot ? 1 : 0;
    } else if (kind.case === "revocations") {
      for (const revocation of kind.value.revocations) {
        const id = Number(textOf(revocation));
        told[id] = changesClaims(id) === (revocation.changedClaims !== undefined) ? 1 : 0;
      }
      cursor = kind.value.cursor === 0n ? cursor : kind.value.cursor;
    } else if (kind.case === "alive") {
      ({ cursor } = kind.value);
      // The number of the row is behind a check of its content.
      check(Number(cursor >> 20n));
    }
  };
  const cut = (): void => {
    const left = watcher;
    [watcher, isAsking] = [undefined, false];
    void left?.return();
  };
  return {
    cut,
    /** Ask for a message, unless it waits for one. */
    read() {
      const asked = watcher ?? hub.watch({ ...order, epoch, after: cursor });
      watcher = asked;
      if (!isAsking) {
        isAsking = true;
        let isAnswered = false;
        asked[PULL]({
          onResult({ value }) {
            repeated += isAnswered ? 1 : 0;
            isAnswered = true;
            if (watcher === asked) {
              isAsking = false;
              take(value);
            }
          },
          onError: () => watcher === asked && cut(),
        });
      }
    },
    state: () => ({ checked, lost, repeated, snapshots }),
  };
}

it("nothing is lost, however calls are cut, however slowly some read, and whatever becomes of the history", () => {
  const simulated = startHub();
  const { clock, feed, revoke } = simulated;
  const random = createRandom(17);
  const readers = Array.from({ length: READERS }, () => createReader(simulated));
  let [revoked, cuts, histories] = [0, 0, 0];
  while (revoked < REVOCATIONS) {
    const count = Math.min(REVOCATIONS - revoked, Math.ceil(random() * 200));
    revoke(count);
    revoked += count;
    clock.advance(Math.floor(random() * 40));
    for (const [index, reader] of readers.entries()) {
      // The first reads less than what comes.
      for (let reads = random() * (index === 0 ? 1 : 8); reads > 0; reads -= 1) {
        reader.read();
      }
      if (random() < 0.1) {
        reader.cut();
        cuts += 1;
      }
    }
    if (random() < 0.005) {
      feed.restart();
      histories += 1;
    }
  }
  clock.advance(20);
  for (let reads = 0; reads < 1_000; reads += 1) {
    for (const reader of readers) {
      reader.read();
    }
  }
  clock.advance(1_000);
  const states = readers.map(({ state }) => state());
  // A reader that is handed two messages for one that it asked for may lose either.
  expect(states.map(({ checked, lost, repeated }) => [checked, lost, repeated])).toEqual(
    states.map(() => [REVOCATIONS, 0, 0]),
  );
  expect(Math.min(cuts, histories, ...states.map(({ snapshots }) => snapshots))).toBeGreaterThan(0);
  expect(states[0]?.snapshots).toBeGreaterThan(states[1]?.snapshots ?? 0);
});

it("a watcher that asks for a message just as a revocation comes gets it, not what follows it", async () => {
  const { hub, clock, revoke } = startHub();
  const watcher = hub.watch({ ...ORDER, epoch: "", after: 0n });
  const kinds: unknown[] = [];
  const read = async () => kinds.push((await watcher.next()).value?.kind.case);
  await read();
  await read();
  clock.advance(1_000);
  revoke(1);
  await read();
  expect(kinds).toEqual(["begin", "alive", "revocations"]);
});

it("what comes every second goes to a part of the watchers in each turn of the event loop", async () => {
  const { hub, clock } = startHub();
  let received = 0;
  for (let servers = 0; servers < 100; servers += 1) {
    const watcher = hub.watch({ ...ORDER, serverId: createServerId(), epoch: "", after: 0n });
    await watcher.next();
    await watcher.next();
    watcher[PULL]({ onResult: () => (received += 1), onError: () => undefined });
  }
  clock.advance(1_000);
  expect(received).toBe(64);
  await new Promise((resolve) => setImmediate(resolve));
  expect(received).toBe(100);
});
