import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { renewStreams } from "../../../server/gate/src/streams/renewal.ts";
import { createStreamRegistry } from "../../../server/gate/src/streams/stream-registry.ts";
import { answerRenewals } from "../../../server/issuer/src/renewal/renewal-answerer.ts";
import {
  type AskLimit,
  createRenewalAsker,
  type RenewalAsker,
} from "../../../server/issuer/src/renewal/renewal-asker.ts";
import { createSealedWords } from "../../../server/issuer/src/renewal/sealed-words.ts";
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
  join(leases?: readonly RecordingLease[], secret?: Uint8Array): { readonly asker: RenewalAsker };
}

/** Create servers on one bus. @param limit what one party may have asked. Default: no limit */
export function createServers({ limit = noLimit() }: { readonly limit?: AskLimit } = {}): Servers {
  const bus = createTestBus();
  const clock = createWallClock(START_MS);
  const errors: unknown[] = [];
  return {
    bus,
    clock,
    errors,
    join(leases = [], secret = new Uint8Array(32)) {
      const streams = createStreamRegistry();
      for (const lease of leases) streams.add(lease);
      const words = createSealedWords({ secret, clock });
      answerRenewals({
        bus,
        words,
        renew: (streamIds, principal) => renewStreams(streams, streamIds, { principal, clock }),
        onError: (error) => errors.push(error),
      });
      return { asker: createRenewalAsker({ bus, words, limit, waitMs: WAIT_MS }) };
    },
  };
}

function noLimit(): AskLimit {
  return { assertAllowed: () => undefined, take: () => undefined };
}

/** A limit of so many questions in all. */
export function limitOf(questions: number): AskLimit {
  let left = questions;
  return {
    assertAllowed() {
      left -= 1;
      if (left < 0) throw new AuthError("RATE_LIMITED", "too many");
    },
    take: () => undefined,
  };
}

/** The name of a stream, from a few letters. */
export function named(letters: string): string {
  return letters.padEnd(22, "_");
}

/** All that was said on a bus, as somebody may who listens there. */
export function overheard(bus: TestBus): string {
  return bus.said.map(({ word }) => word).join("\n");
}
