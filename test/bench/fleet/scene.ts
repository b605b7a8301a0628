import { setTimeout as pause } from "node:timers/promises";
import { eventually } from "../../support/eventually.ts";
import { type Calls, startCalls } from "./calls.ts";
import { type FleetClient, signInThrough } from "./clients.ts";
import { type Fleet, type FleetOptions, startFleet } from "./fleet.ts";
import { type FollowedStream, followFeed } from "./followed-streams.ts";
import { latestSequence } from "./ticks.ts";
import { createVictim, type Victim } from "./victims.ts";

/** A fleet under load, for a fault to happen to. */
export interface Scene extends AsyncDisposable {
  readonly fleet: Fleet;
  readonly clients: readonly FleetClient[];
  readonly calls: Calls;
  readonly streams: readonly FollowedStream[];
  readonly victims: readonly Victim[];
  /** Make a session that is to be revoked. */
  addVictim(): Promise<Victim>;
  /** Revoke it as its user does, until a server has acknowledged it. */
  revoke(victim: Victim): Promise<void>;
  /** Wait until all streams have all events, and calls succeed; for a minute and a half at the most. */
  settle(): Promise<void>;
  /** Make no more calls, and leave the streams. */
  stop(): Promise<void>;
}

const SESSIONS_PER_LANE = 2;
const STREAMS_PER_SESSION = 2;
const SETTLE_MS = 90_000;
/** A revocation is repeated for so long: longer than any fault lasts. */
const REVOKE_MS = 180_000;
/** Streams may be so far behind, in events, and have all. */
const CLOSE = 10n;

/** Start a fleet, sign in through each proxy, and begin to call and to follow. */
export async function createScene(options: FleetOptions): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  const fleet = stack.use(await startFleet(options));
  const clients: FleetClient[] = [];
  for (const lane of fleet.lanes) {
    for (let count = 0; count < SESSIONS_PER_LANE; count += 1) {
      clients.push(stack.use(await signInThrough(lane)));
    }
  }
  const streams = clients.flatMap((client) =>
    Array.from({ length: STREAMS_PER_SESSION }, () => followFeed(client)),
  );
  const calls = startCalls(clients);
  const victims: Victim[] = [];
  const stop = async (): Promise<void> => {
    await calls.stop();
    await Promise.all([...streams, ...victims].map((each) => each.stop()));
  };
  stack.defer(stop);
  const kept = stack.move();
  return {
    ...{ fleet, clients, calls, streams, victims, stop },
    async addVictim() {
      const victim = await createVictim(fleet);
      victims.push(victim);
      return victim;
    },
    async revoke(victim) {
      await eventually(() => revokeOnce(clients, victim), { timeoutMs: REVOKE_MS });
      victim.noteRevoked();
    },
    settle: () => settle(streams, calls),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function revokeOnce(clients: readonly FleetClient[], { sessionId }: Victim): Promise<true | undefined> {
  for (const { sessions } of clients) {
    try {
      await sessions.revokeSession({ sessionId }, { timeoutMs: 2_000 });
      return true;
    } catch {
      // Through another proxy, then, or later.
    }
  }
  return undefined;
}

async function settle(streams: readonly FollowedStream[], calls: Calls): Promise<void> {
  const isClose = ({ sequence, end }: FollowedStream): boolean =>
    end !== undefined || sequence + CLOSE >= latestSequence();
  try {
    await eventually(() => streams.every(isClose) || undefined, { timeoutMs: SETTLE_MS });
    await eventually(
      async () => {
        const { failed } = calls;
        await pause(1_000);
        return calls.failed === failed || undefined;
      },
      { timeoutMs: SETTLE_MS },
    );
  } catch {
    // What has not come back then shows in the outcome.
  }
}
