import { randomBytes } from "node:crypto";
import type { Principal } from "../../../server/gate/src/authenticate/principal.ts";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import type { RateLimit } from "../../../server/gate/src/kernel/rate-limit.ts";
import type { AbsenceLimit } from "../../../server/gate/src/streams/absence-limit.ts";
import { type RemoteRenewal, renewStreams } from "../../../server/gate/src/streams/renewal.ts";
import { createStreamRegistry } from "../../../server/gate/src/streams/stream-registry.ts";
import { createRenewalRequester } from "../../../server/issuer/src/renewal/renewal-requester.ts";
import { respondToRenewals } from "../../../server/issuer/src/renewal/renewal-responder.ts";
import { createSealedMessages } from "../../../server/issuer/src/renewal/sealed-messages.ts";
import type { RecordingLease } from "../../gate/streams/fixtures.ts";
import { createTestBus, type TestBus } from "../../support/test-bus.ts";
import { createWallClock, type WallClock } from "../../support/test-clock.ts";

/** In 1970, for principals whose tokens last until then and a little longer. */
const START_MS = 1_500_000;

/** Long enough for whoever is in this process, and short enough to be waited for. */
const WAIT_MS = 30;

/** Servers that a bus connects. */
interface Servers {
  readonly bus: TestBus;
  readonly clock: WallClock;
  /** What went wrong in those that answer. */
  readonly errors: readonly unknown[];
  /** Add a server with some streams. @param secret that of all others by default */
  join(
    leases?: readonly RecordingLease[],
    secret?: Uint8Array,
  ): { readonly requester: Requester; readonly owner: string; close(): Promise<void> };
}

/** Asks as a server does on a caller's behalf. */
interface Requester {
  /** @param owner who has the streams. Default: not known */
  renew(streamIds: readonly string[], principal: Principal, owner?: string): Promise<RemoteRenewal>;
}

/** What servers on one bus have in common. */
interface ServersOptions {
  /** What one party may have asked. Default: no limit. */
  readonly limit?: RateLimit;
  /** Whether a server may say that it has none of the streams. Default: always. */
  readonly mayDeny?: AbsenceLimit;
  /** How long they wait for each other, in milliseconds. Default: long enough for those of this process. */
  readonly waitMs?: number;
}

/** Create servers on one bus. */
export function createServers({
  limit = noLimit(),
  mayDeny = () => true,
  waitMs = WAIT_MS,
}: ServersOptions = {}): Servers {
  const bus = createTestBus();
  const clock = createWallClock(START_MS);
  const errors: unknown[] = [];
  return {
    bus,
    clock,
    errors,
    join(leases = [], secret = new Uint8Array(32)) {
      const streams = createStreamRegistry();
      const owner = randomBytes(16).toString("base64url");
      for (const lease of leases) {
        streams.add(lease);
      }
      const messages = createSealedMessages({ secret, clock });
      const responder = respondToRenewals({
        bus,
        owner,
        messages,
        mayDeny,
        renew: (streamIds, principal) => renewStreams(streams, streamIds, { principal, clock }),
        onError: (error) => errors.push(error),
      });
      const requester = createRenewalRequester({
        ...{ bus, messages, limit, owner, clock },
        ...{ waitMs, countAfterMs: 1 },
      });
      return {
        owner,
        requester: {
          renew: (streamIds, principal, to) =>
            requester.renew(
              streamIds.map((streamId) => ({ streamId, owner: to })),
              { principal, accessToken: "" },
            ),
        },
        async close() {
          await Promise.all([responder.close(), requester.close()]);
        },
      };
    },
  };
}

function noLimit(): RateLimit {
  return { assertAllowed: () => undefined, take: () => undefined };
}

/** A limit of so many questions in all. */
export function limitOf(questions: number): RateLimit {
  let left = questions;
  return {
    assertAllowed() {
      left -= 1;
      if (left < 0) {
        throw new AuthError("RATE_LIMITED", "too many");
      }
    },
    take: () => undefined,
  };
}

/** The name of a stream, from a few letters. */
export function named(letters: string): string {
  return letters.padEnd(22, "_");
}

/** All that was published on a bus, as somebody may who listens there. */
export function overheard(bus: TestBus): string {
  return bus.published.map(({ message }) => message).join("\n");
}
