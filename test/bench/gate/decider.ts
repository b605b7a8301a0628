/** One way to decide on one kind of token. */
export interface Decider {
  /** Whether the tokens are good. */
  readonly accepts: boolean;
  /** Get ready for the decisions from one index on; not timed. */
  prepare?(from: number, count: number): void;
  /** Decide on one of the tokens; any index will do. Throws, or answers with a promise, where that is its way. */
  decide(index: number): unknown;
}

/** What a turn found. */
export interface Turn {
  /** The processor time of one decision, in whatever thread of the process it is spent. */
  readonly microseconds: number;
  /** How many decisions that is the mean of. */
  readonly decisions: number;
  /** How many of them let the call in: looked at for every one, so that none can be left out as useless. */
  readonly accepted: number;
}

/** Few enough that a turn ends in time, enough that asking for the time costs nothing. */
const BATCH = 100;

/**
 * Decide as often as the time allows. Measured is the processor time: other programs on the machine take none of it. Only
 * a decision that is made later is awaited: it may be for one token and not for the next, such as one that is known to be
 * expired already.
 *
 * @throws Error when a decision turns out another way than it should
 */
export async function takeTurn(decider: Decider, ms: number): Promise<Turn> {
  const endMs = performance.now() + ms;
  let microseconds = 0;
  let decisions = 0;
  let accepted = 0;
  while (decisions === 0 || performance.now() < endMs) {
    decider.prepare?.(decisions, BATCH);
    const start = process.cpuUsage();
    accepted += await countAccepted(decider, decisions);
    const { user, system } = process.cpuUsage(start);
    microseconds += user + system;
    decisions += BATCH;
  }
  if (accepted !== (decider.accepts ? decisions : 0)) {
    throw new Error(`${accepted} of ${decisions} calls were let in`);
  }
  return { microseconds: microseconds / decisions, decisions, accepted };
}

async function countAccepted(decider: Decider, from: number): Promise<number> {
  let accepted = 0;
  for (let index = from; index < from + BATCH; index += 1) {
    try {
      const answer = decider.decide(index);
      if (answer instanceof Promise) {
        await answer;
      }
      accepted += 1;
    } catch {
      // a refusal: counted by not being counted
    }
  }
  return accepted;
}
