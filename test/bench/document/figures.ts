import { GO_SIDE } from "../go/go-server.ts";
import type { Row } from "../run/bench.ts";

/** What docs/figures.json holds: the figures of one run. */
export interface Figures {
  /** What they were taken on, in words. */
  readonly machine: string;
  /** What a reader must know beside that. Empty: nothing. */
  readonly note: string;
  readonly rows: readonly Row[];
}

/** Benches of one table and one plot. */
export interface FigureGroup {
  /** The name of its plot, without the ending. */
  readonly name: string;
  readonly title: string;
  /** The sides, ours first; the rest is what it is held against. */
  readonly sides: readonly string[];
  /** What each bench does, by its name. */
  readonly benches: Readonly<Record<string, string>>;
  /** Sides that are left out where the run has none of their figures. Default: none may be missing. */
  readonly mayLack?: readonly string[];
}

/** What is shown of streams and clients. */
export const FIGURE_GROUPS: readonly FigureGroup[] = [
  {
    name: "streams-servers",
    title: "What a call or a message takes of the server",
    sides: ["countersign", "connect-no-auth", "grpcjs-jsonwebtoken", GO_SIDE],
    benches: {
      "stream-out": "from the server, as fast as they go",
      "stream-in": "to the server, as fast as they go",
      "stream-bidi-1": "to and fro on one stream",
      "stream-bidi-100": "to and fro on 100 streams",
      unary: "unary calls, 128 under way",
    },
    mayLack: [GO_SIDE],
  },
  {
    name: "streams-clients",
    title: "What a call or a message takes of a client on Node",
    sides: ["countersign", "connect", "grpcjs", "nice-grpc"],
    benches: {
      "client-unary": "unary calls, 16 under way",
      "client-stream": "messages from the server",
      "client-bidi": "to and fro on one stream",
    },
  },
];

/** The sides of bench `unary` whose rates are shown, ours first. */
export const UNARY_SIDES: readonly string[] = [
  "countersign",
  "connect-no-auth",
  "connect-jose-per-call",
  "grpcjs-jsonwebtoken",
  "grpcjs-no-auth",
];

/** The names of all benches that are shown, which run once for all documents. */
export const SHOWN_BENCHES: readonly string[] = [
  "gate",
  "reject-upload",
  ...FIGURE_GROUPS.flatMap(({ benches }) => Object.keys(benches)),
  "sdk-size",
];

/** Leave out what a run lacks and may lack. */
export function withoutLacking(group: FigureGroup, { rows }: Pick<Figures, "rows">): FigureGroup {
  const measured = rows.filter(({ bench }) => bench in group.benches);
  const isShown = (name: string): boolean =>
    group.mayLack?.includes(name) !== true ||
    measured.some(({ bench, side }) => bench === name || side === name);
  return {
    ...group,
    sides: group.sides.filter(isShown),
    benches: Object.fromEntries(Object.entries(group.benches).filter(([bench]) => isShown(bench))),
  };
}

/** What a side took in a bench. */
export interface Figure {
  /** Processor time in µs, for a call or a message. */
  readonly micros: number;
  /** Calls or messages a second. */
  readonly rate: number;
}

/**
 * Find the figures of a side.
 *
 * @throws TypeError when the run has none
 */
export function figureOf(figures: Pick<Figures, "rows">, bench: string, side: string): Figure {
  // Bench `unary` is about the rate, the others are about processor time.
  const [micros, rate] = bench === "unary" ? [`${side}-cpu`, side] : [side, `${side}-rate`];
  return { micros: medianOf(figures, bench, micros), rate: medianOf(figures, bench, rate) };
}

/**
 * Find the median of what a side of a bench gave.
 *
 * @throws TypeError when the run has none
 */
export function medianOf({ rows }: Pick<Figures, "rows">, bench: string, side: string): number {
  const row = rows.find((known) => known.bench === bench && known.side === side);
  if (row === undefined) {
    throw new TypeError(`the run has no figures of ${side} in bench ${bench}`);
  }
  return row.median;
}

/**
 * Write a figure as a reader wants it.
 *
 * @param digits how many it has. Default 3. It has more if they stand before the point.
 */
export function toFigure(value: number, digits = 3): string {
  const before = Math.trunc(value).toString().length;
  const behind = Math.max(0, digits - before);
  return value.toLocaleString("en-US", { minimumFractionDigits: behind, maximumFractionDigits: behind });
}
