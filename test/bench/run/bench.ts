/** How the benches are to be run. */
export interface BenchOptions {
  /** How often each side takes its turn. */
  readonly rounds: number;
  /** Whether to do as little as proves that everything works; the figures then mean nothing. */
  readonly quick: boolean;
  /** The folder that an earlier build is installed in, to be measured beside this one. Absent: none is. */
  readonly before?: string;
  /** How long each flood of bench `flood` lasts, or bench `endurance`, in seconds. Absent: a minute, and half of one. */
  readonly seconds?: number;
  /** The kinds of floods that bench `flood` makes. Absent: all. */
  readonly floods?: readonly string[];
  /** The faults that bench `fleet` has. Absent: all. */
  readonly faults?: readonly string[];
  /** How many processes fault `random-kills` of bench `fleet` kills. Absent: 200. */
  readonly kills?: number;
}

/** One figure that a side gave in one round. */
export interface Reading {
  /** What the figure is of: the side, or the side and what was counted. */
  readonly side: string;
  /** Its unit. */
  readonly unit: string;
  readonly value: number;
  /** Whether it is asked between which figures the median lies. */
  readonly hasInterval?: boolean;
}

/** One of the things that are compared. */
export interface Side {
  readonly name: string;
  /** Take one turn. */
  measure(): Promise<readonly Reading[]>;
}

/** The figures of one side over all rounds: what `--json` writes. */
export interface Row {
  readonly bench: string;
  readonly side: string;
  readonly unit: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly rounds: number;
  /** What the median lies between, as surely as 95 in 100. Absent: nobody asked, or there were too few rounds. */
  readonly interval?: { readonly low: number; readonly high: number };
}

/** A claim about two sides, or about one, that the report holds against the figures. */
export interface Comparison {
  /** The side that is ours. */
  readonly ours: string;
  /** The side that it is divided by; absent: the figure itself is held against the target. */
  readonly theirs?: string;
  /** Which figure is the good one. */
  readonly better: "higher" | "lower";
  /** What the ratio, or the figure, must reach or stay within. Absent: ours must be no worse than theirs. */
  readonly target?: number;
}

/** A bench. */
export interface Bench {
  /** The name on the command line. */
  readonly name: string;
  /** What it does, and what a reader must know to judge it. */
  readonly describe: readonly string[];
  readonly comparisons: readonly Comparison[];
  /** Write its rows as text. Absent: a line for each. */
  format?(rows: readonly Row[]): string;
  /** Run it for the rounds that were asked for, within a minute; benches `fleet` and `flood` take longer. */
  run(options: BenchOptions): Promise<readonly Row[]>;
}
