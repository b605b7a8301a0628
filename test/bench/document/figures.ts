import { GO_SIDE } from "../go/go-server.ts";
import type { Row } from "../run/bench.ts";

/** What docs/images/streams.json holds: the figures of one run. */
export interface StreamFigures {
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

/** The names of all benches that are shown. */
export const SHOWN_BENCHES: readonly string[] = FIGURE_GROUPS.flatMap(({ benches }) => Object.keys(benches));

/** Leave out what a run lacks and may lack. */
export function withoutLacking(group: FigureGroup, { rows }: Pick<StreamFigures, "rows">): FigureGroup {
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
export function figureOf(figures: Pick<StreamFigures, "rows">, bench: string, side: string): Figure {
  // Bench `unary` is about the rate, the others are about processor time.
  const [micros, rate] = bench === "unary" ? [`${side}-cpu`, side] : [side, `${side}-rate`];
  return { micros: medianOf(figures, bench, micros), rate: medianOf(figures, bench, rate) };
}

function medianOf({ rows }: Pick<StreamFigures, "rows">, bench: string, side: string): number {
  const row = rows.find((known) => known.bench === bench && known.side === side);
  if (row === undefined) {
    throw new TypeError(`the run has no figures of ${side} in bench ${bench}`);
  }
  return row.median;
}

/** Write a figure as a reader wants it: three digits, or as many as stand before the point. */
export function toFigure(value: number): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
