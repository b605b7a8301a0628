import { isDeepStrictEqual } from "node:util";
import type { Answer } from "./answer.ts";
import type { Case, Setup } from "./case.ts";
import { sendHttp1 } from "./send-http1.ts";
import { sendHttp2 } from "./send-http2.ts";
import { type Side, startSide, type Variant } from "./side.ts";
import { stopClock } from "./stopped-clock.ts";

/** What came of a case on one side. */
export interface Outcome {
  readonly answer: Answer;
  /** What the server's own code saw. */
  readonly seen: readonly unknown[];
}

/** What came of a case on both sides. */
export interface Comparison {
  readonly isEqual: boolean;
  readonly one: Outcome;
  readonly other: Outcome;
}

/** Two servers for every setup, which differ in one thing. */
export interface Sides extends AsyncDisposable {
  /** Send a case to both. One at a time: what a server's code saw is told apart by nothing else. */
  compare(sent: Case): Promise<Comparison>;
}

/** How often to look whether there is a difference that time could make. */
const TIMED_ATTEMPTS = 8;

/** Start comparing. */
export function startSides(one: Variant, other: Variant): Sides {
  const kept = new AsyncDisposableStack();
  // Also of comparisons that never end, since one side does not answer.
  const stops = new Set<Disposable>();
  kept.defer(() => {
    for (const stop of stops) {
      stop[Symbol.dispose]();
    }
  });
  const started = new Map<Setup, Promise<readonly [Side, Side]>>();
  const start = async (setup: Setup, stack: AsyncDisposableStack): Promise<readonly [Side, Side]> => [
    stack.use(await startSide(setup, one)),
    stack.use(await startSide(setup, other)),
  ];
  const hold = (): Disposable => {
    const stop = stopClock();
    stops.add(stop);
    const release = (): void => {
      stops.delete(stop);
      stop[Symbol.dispose]();
    };
    return { [Symbol.dispose]: release };
  };
  const sidesOf = (setup: Setup): Promise<readonly [Side, Side]> => {
    const sides = started.get(setup) ?? start(setup, kept);
    started.set(setup, sides);
    return sides;
  };
  return {
    async compare(sent) {
      const { setup = "own" } = sent;
      const isTimed = sent.isTimed === true || setup === "impatient";
      let attempts = isTimed || sent.isChance === true ? TIMED_ATTEMPTS : 1;
      for (;;) {
        await using own = new AsyncDisposableStack();
        using _ = isTimed ? undefined : hold();
        const sides = await (setup === "single use" ? start(setup, own) : sidesOf(setup));
        const [first, second] = await Promise.all([send(sides[0], sent), send(sides[1], sent)]);
        attempts -= 1;
        const isEqual = isDeepStrictEqual(first, second);
        if (isEqual || attempts === 0) {
          return { isEqual, one: first, other: second };
        }
      }
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function send(side: Side, sent: Case): Promise<Outcome> {
  const answer = await (sent.transport === "http1" ? sendHttp1 : sendHttp2)(side, sent);
  await side.journal.idle();
  // What follows the end of a call is done within the turns of the loop that come next.
  for (let turns = 0; turns < 3; turns += 1) {
    await new Promise((resolve) => void setImmediate(resolve));
  }
  const seen = side.journal.take();
  return { answer, seen };
}
