/** What a tick leaves behind. */
export interface WrittenTick {
  readonly id: string;
  /** The place of the write in the feed. */
  readonly sequence: bigint;
}

/** What {@link createTickWriter} needs. */
export interface TickPorts {
  /** Write a tick. */
  readonly create: (count: number) => Promise<WrittenTick>;
  /** Delete a tick. @returns once it is gone, also when another tab deleted it */
  readonly remove: (id: string) => Promise<void>;
  /** Called when the server has confirmed a write. */
  readonly onConfirmed: (sequence: bigint) => void;
}

/** Writes notes that delete themselves, so that a stream has something to say. */
export interface TickWriter {
  /** Write one, and delete those before it. Never rejects; does nothing while the one before is still on its way. */
  readonly write: () => Promise<void>;
  /** Take over ticks that another page left behind. */
  readonly adopt: (ids: readonly string[]) => void;
  /** Take in a tick of the feed. One whose answer was lost is not known otherwise. */
  readonly notice: (id: string, isThere: boolean) => void;
  /** Delete all that are left. Never rejects: what cannot be deleted now stays for the next time. */
  readonly sweep: () => Promise<void>;
}

/** Create a writer that has written nothing yet. */
export function createTickWriter({ create, remove, onConfirmed }: TickPorts): TickWriter {
  const left = new Set<string>();
  const noticed = new Set<string>();
  let count = 0;
  let isWriting = false;
  /** Whether a write may have worked without an answer: any tick in the feed may then be ours. */
  let isUnsure = false;

  async function removeAllBut(newest: string | undefined): Promise<void> {
    const ids = [...left, ...(isUnsure ? noticed : [])].filter((id) => id !== newest);
    const results = await Promise.allSettled(ids.map((id) => remove(id)));
    for (const [index, id] of ids.entries()) {
      if (results[index]?.status !== "fulfilled") {
        continue;
      }
      left.delete(id);
      noticed.delete(id);
    }
  }

  async function writeOne(): Promise<void> {
    const { id, sequence } = await create(count + 1);
    count += 1;
    onConfirmed(sequence);
    left.add(id);
    await removeAllBut(id);
  }

  return {
    async write() {
      if (isWriting) {
        return;
      }
      isWriting = true;
      try {
        await writeOne();
      } catch {
        // A tick that is lost with the network is not repeated: the next one comes in a second.
        isUnsure = true;
      }
      isWriting = false;
    },
    adopt: (ids) => {
      for (const id of ids) {
        left.add(id);
      }
    },
    notice: (id, isThere) => {
      if (isThere) {
        noticed.add(id);
      } else {
        noticed.delete(id);
      }
    },
    sweep: () => removeAllBut(undefined),
  };
}
