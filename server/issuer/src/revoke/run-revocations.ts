import type { Cancel } from "@countersign/server";
import { repeat } from "@countersign/server/internal";
import type { MessageSealer } from "../keys/message-sealer.ts";
import { recordAccessLife } from "../store/access-lives.ts";
import type { RevocationRecord } from "../store/revocations.ts";
import type { UnwrittenRevocation } from "../store/unwritten-revocations.ts";
import type { ReadObserver } from "./lost-revocations.ts";
import { createRevocationFeed, type RevocationFeed } from "./revocation-feed.ts";
import type { RevocationHistory } from "./revocation-history.ts";
import { subscribeUnwritten } from "./revocation-messages.ts";
import type { RevocationSource } from "./revocation-source.ts";

const POLL_MS = { sqlite: 250, postgres: 500 } as const;

/**
 * How often a server sees to it that the store knows how long its tokens last, in milliseconds. The store believes it
 * for a day; a machine that has slept for longer says so again before it has granted many.
 */
const RECORD_LIFE_MS = 60_000;

/** What goes on from the start to the end. */
export interface RunningRevocations extends RevocationSource {
  readonly feed: RevocationFeed;
  stop(): Promise<void>;
}

/** What {@link runRevocations} needs. */
export interface RunOptions {
  readonly pollMs?: number;
  readonly accessTtlMs?: number;
  readonly sealer?: MessageSealer;
  readonly onError?: (error: unknown) => void;
}

/** What takes in the revocations of other servers. */
export interface RevocationHandlers {
  readonly learn: (records: readonly RevocationRecord[]) => void;
  readonly observer: ReadObserver;
  readonly onHeld: (revocations: readonly UnwrittenRevocation[]) => void;
  readonly history: RevocationHistory;
}

/** Begin what goes on until the end, but for reading the store. */
export async function runRevocations(
  opened: RevocationSource,
  options: RunOptions,
  { learn, observer, onHeld, history }: RevocationHandlers,
): Promise<RunningRevocations> {
  const { sealer, onError = () => undefined } = options;
  const { store, clock } = opened;
  const stopRecording = await recordLife(opened, options);
  const pollMs = options.pollMs ?? POLL_MS[store.dialect];
  const feed = createRevocationFeed({ store, clock, pollMs, learn, observer, history, onError });
  const listener = sealer === undefined ? undefined : subscribeUnwritten(store.bus, sealer, onHeld);
  return {
    store,
    clock,
    feed,
    async stop() {
      stopRecording?.();
      await listener?.close();
      await feed.close();
    },
  };
}

/** Record in the store how long tokens last, before the first is granted and again from time to time. */
async function recordLife(
  { store, clock }: RevocationSource,
  { accessTtlMs: lifeMs, onError = () => undefined }: RunOptions,
): Promise<Cancel | undefined> {
  if (lifeMs === undefined) {
    return undefined;
  }
  const record = (): Promise<void> => recordAccessLife(store, { lifeMs, nowMs: clock.nowMs() });
  await record();
  return repeat(clock, () => void record().catch(onError), RECORD_LIFE_MS);
}
