import { wait } from "../run/machine.ts";
import type { Wire } from "./wire.ts";

/** What a flood has to work with. */
export interface Attack {
  readonly wire: Wire;
  /** Aborted when the flood is to end. */
  readonly stop: AbortSignal;
  /** Good tokens of an account of the server, each of a session of its own. */
  readonly tokens: readonly string[];
  /** A client of the server, and its secret. */
  readonly client: { readonly id: string; readonly secret: string };
  /** Make a token that its issuer has signed and that has expired, another each time. */
  mintExpired(): string;
  /** Count one thing that the flood did. */
  count(): void;
}

/** One kind of flood. */
export interface Flood {
  /** What rows call it. */
  readonly name: string;
  /** What it does, in a few words, for the report. */
  readonly does: string;
  /** Whether it says in `X-Forwarded-For` where it comes from, and so needs a server behind a proxy. Default: no. */
  readonly isBehindProxy?: boolean;
  /** Attack until it is to end. Connections that are still open then are broken off. */
  run(attack: Attack): Promise<void>;
}

const TICK_MS = 10;

/** Do something so often a second until the flood is to end, whatever becomes of what was done before. */
export async function pace(
  { stop, count }: Attack,
  perSecond: number,
  act: (index: number) => void,
): Promise<void> {
  const startMs = performance.now();
  for (let done = 0; !stop.aborted; ) {
    const due = Math.ceil(((performance.now() - startMs) / 1000) * perSecond);
    for (; done < due; done += 1) {
      act(done);
      count();
    }
    await wait(TICK_MS);
  }
}
