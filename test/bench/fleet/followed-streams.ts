import { ConnectError } from "@connectrpc/connect";
import { resumable } from "@countersign/sdk";
import type { FleetClient } from "./clients.ts";
import { latestSequence } from "./ticks.ts";

/** A stream that is followed over its interruptions. */
export interface FollowedStream {
  readonly name: string;
  /** How often it broke off and was opened again. */
  readonly interruptions: readonly string[];
  /** How many events did not come. */
  readonly lost: number;
  /** How many events came again. */
  readonly doubled: number;
  /** The number of the last event that came. */
  readonly sequence: bigint;
  /** Why it ended for good; undefined while it goes on. */
  readonly end: ConnectError | undefined;
  /** Leave it. */
  stop(): Promise<void>;
}

/** Follow the feed of a client. */
export function followFeed({ notes, lane }: FleetClient): FollowedStream {
  const interruptions: string[] = [];
  const counts = { lost: 0, doubled: 0, sequence: latestSequence() };
  let end: ConnectError | undefined;
  const events = resumable(notes.watchNotes, {
    request: { afterSequence: counts.sequence },
    resume: (last) => ({ afterSequence: last.sequence }),
    onInterruption: ({ error }) => interruptions.push(error.message),
  });
  const read = async (): Promise<void> => {
    try {
      for await (const { sequence } of events) {
        const step = Number(sequence - counts.sequence);
        counts.lost += Math.max(0, step - 1);
        counts.doubled += step > 0 ? 0 : 1;
        counts.sequence = sequence > counts.sequence ? sequence : counts.sequence;
      }
    } catch (error) {
      end = ConnectError.from(error);
    }
  };
  const reading = read();
  return {
    name: `a stream through ${lane.name}`,
    interruptions,
    get lost() {
      return counts.lost;
    },
    get doubled() {
      return counts.doubled;
    },
    get sequence() {
      return counts.sequence;
    },
    get end() {
      return end;
    },
    async stop() {
      await events.return?.();
      await reading;
    },
  };
}
