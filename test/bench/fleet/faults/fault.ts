import type { Comparison, Reading } from "../../run/bench.ts";
import type { FleetOptions } from "../fleet.ts";
import type { OutcomeName } from "../outcome.ts";
import type { Scene } from "../scene.ts";

/** Something that happens to a fleet. */
export interface Fault {
  /** Its name on the command line. */
  readonly name: string;
  /** What happens, for a reader of the table. */
  readonly describe: string;
  /** What it needs of the fleet. Default: the usual one. */
  readonly fleet?: FleetOptions;
  /** How long after its revocation a token or a stream may be served, in milliseconds. Default: 1,000. */
  readonly revokedForMs?: number;
  /** What may at most be counted, beside what holds for all. */
  readonly atMost?: Partial<Readonly<Record<OutcomeName, number>>>;
  /** What holds for figures of its own. */
  readonly comparisons?: readonly Comparison[];
  /** Say what this machine lacks for it; undefined when nothing is. Default: nothing is. */
  findMissing?(): string | undefined;
  /** Make what the fleet needs for it. @returns what takes that away again */
  prepare?(): () => void;
  /** Let it happen, to its end. @returns figures of its own */
  run(scene: Scene, size: FaultSize): Promise<readonly Reading[]>;
}

/** How much of it is to happen. */
export interface FaultSize {
  /** Whether to do as little as proves that it runs. */
  readonly isQuick: boolean;
  /** How many processes fault `random-kills` kills. */
  readonly kills: number;
  /** Say how it goes on, for who waits. */
  progress(text: string): void;
}

/** What no fault may do. */
export const ALWAYS = {
  lost: 0,
  doubled: 0,
  "sessions-lost": 0,
  "streams-ended": 0,
  outlived: 0,
} as const satisfies Partial<Record<OutcomeName, number>>;
