import { createHash } from "node:crypto";
import type { Clock, MessageBus } from "@countersign/server";
import { LRUCache } from "lru-cache";
import type { MessageSealer } from "../keys/message-sealer.ts";
import type { AttemptSource } from "./caller-recognition.ts";
import { FAILURE_WINDOW_MS } from "./sign-in-limiter.ts";

/** Whose attempt it is: that of an address, at what counts failures together. */
export type OwedTo = Pick<AttemptSource, "address" | "bucket">;

/**
 * Knows which addresses have been told to wait, and until when. Once its time has come, an address has one attempt that
 * it is owed, whatever others have failed at meanwhile: so no address can renew the wait of another.
 */
export interface OwedAttempts {
  /** Whether an address has waited its time. */
  isDue(source: OwedTo): boolean;
  /** Use up what an address is owed. @returns whether it had waited its time */
  take(source: OwedTo): boolean;
  /**
   * Owe an address an attempt, unless it is owed one already: asking again changes nothing.
   *
   * @returns how long it still has to wait, in milliseconds
   */
  owe(source: OwedTo, waitMs: number): number;
}

/** About 250 B each. A stranger with more addresses pushes out those that were told first. */
const MAX_ADDRESSES = 20_000;

/** How many accounts an address can wait for. Of more, the first it has asked for are forgotten. */
const MAX_OF_ADDRESS = 8;

const CHANNEL = "countersign_owed_sign_ins";
const PURPOSE = "owed-sign-ins";

/** What servers tell each other. */
interface Due {
  /** A hash of the address. */
  readonly key: string;
  readonly bucket: string;
  /** When the attempt is due; 0: it was used up. */
  readonly dueAtMs: number;
}

/** What {@link createOwedAttempts} needs. */
export interface OwedAttemptsOptions {
  readonly clock: Clock;
  readonly bus: MessageBus;
  /** Seals what goes over the bus: another program there must not give itself attempts. */
  readonly sealer: MessageSealer;
}

/**
 * Create the keeper of what addresses are owed. The servers of a store tell each other through its bus; a message that is
 * lost costs an address another wait at that server.
 *
 * @param opened closes what this opens
 */
export function createOwedAttempts(
  { clock, bus, sealer }: OwedAttemptsOptions,
  opened: AsyncDisposableStack,
): OwedAttempts {
  const owed = createLedger();
  const dueOf = (key: string, bucket: string): number | undefined => {
    const dueAtMs = owed.get(key, bucket);
    return dueAtMs !== undefined && clock.nowMs() - dueAtMs < FAILURE_WINDOW_MS ? dueAtMs : undefined;
  };
  const publish = async (due: Due): Promise<void> => bus.publish(CHANNEL, sealer.seal(due, PURPOSE).message);
  const set = (due: Due): void => {
    owed.set(due);
    if (bus.hasOthers) {
      // The address has its attempt at this server all the same.
      publish(due).catch(() => undefined);
    }
  };
  const subscription = bus.subscribe(CHANNEL, (message) => {
    const sealed = message === "" ? undefined : sealer.open(message, PURPOSE);
    if (sealed !== undefined) {
      owed.set(sealed.content as Due); // sealed: one of ours wrote it
    }
  });
  opened.defer(() => subscription.close());
  const isDue = (dueAtMs: number | undefined): boolean => dueAtMs !== undefined && dueAtMs <= clock.nowMs();
  return {
    isDue: ({ address, bucket }) => isDue(dueOf(digest(address), bucket)),
    take({ address, bucket }) {
      const key = digest(address);
      const hasWaited = isDue(dueOf(key, bucket));
      if (hasWaited) {
        set({ key, bucket, dueAtMs: 0 });
      }
      return hasWaited;
    },
    owe({ address, bucket }, waitMs) {
      const key = digest(address);
      const nowMs = clock.nowMs();
      const dueAtMs = dueOf(key, bucket);
      if (dueAtMs !== undefined) {
        return Math.max(0, dueAtMs - nowMs);
      }
      set({ key, bucket, dueAtMs: nowMs + waitMs });
      return waitMs;
    },
  };
}

/** When attempts are due, of as many addresses as there is room for. */
function createLedger() {
  const addresses = new LRUCache<string, Map<string, number>>({ max: MAX_ADDRESSES });
  return {
    /** Without a look at how new it is: who asks often does not stay longer than who waits as told. */
    get: (key: string, bucket: string): number | undefined => addresses.peek(key)?.get(bucket),
    set({ key, bucket, dueAtMs }: Due): void {
      const dues = addresses.peek(key) ?? new Map<string, number>();
      dues.delete(bucket);
      if (dueAtMs > 0) {
        dues.set(bucket, dueAtMs);
      }
      for (const first of [...dues.keys()].slice(0, -MAX_OF_ADDRESS)) {
        dues.delete(first);
      }
      if (dues.size === 0) {
        addresses.delete(key);
      } else {
        addresses.set(key, dues);
      }
    },
  };
}

/** The servers need not tell each other addresses. */
function digest(address: string): string {
  return createHash("sha256").update(address).digest("base64url");
}
