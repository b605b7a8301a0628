/** A band of fine lines that wind around a circle, as on a banknote. All lengths in units of the drawing. */
export interface GuillocheOptions {
  /** Centre of the band, on both axes. */
  readonly center: number;
  /** Radius of the middle of the band. */
  readonly radius: number;
  /** How far the lines swing inwards and outwards. */
  readonly swing: number;
  /** How many waves a line makes around the circle; a whole number, so that it closes. */
  readonly waves: number;
  /** How many lines, spread evenly over one wave. */
  readonly lines: number;
}

/** Points in a wave: the fewest that look round at the sizes used here. */
const POINTS_PER_WAVE = 12;

interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * Draw a guilloche: one closed SVG path for each of its lines.
 *
 * Nothing is drawn at random, so a page looks the same every time.
 */
export function guilloche(options: GuillocheOptions): readonly string[] {
  return Array.from({ length: options.lines }, (_, line) =>
    toSmoothPath(wavePoints(options, (2 * Math.PI * line) / options.lines)),
  );
}

function wavePoints({ center, radius, swing, waves }: GuillocheOptions, phase: number): readonly Point[] {
  const count = waves * POINTS_PER_WAVE;
  return Array.from({ length: count }, (_, index) => {
    const angle = (2 * Math.PI * index) / count;
    const reach = radius + swing * Math.sin(waves * angle + phase);
    return { x: center + reach * Math.cos(angle), y: center + reach * Math.sin(angle) };
  });
}

/** Bends through the middles between the points, with the points as handles: round without many points. */
function toSmoothPath(points: readonly Point[]): string {
  const bends = points.map((point, index) => {
    const next = points[(index + 1) % points.length] ?? point;
    return `Q${toText(point)} ${toText({ x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 })}`;
  });
  const first = points[0] ?? { x: 0, y: 0 };
  const last = points.at(-1) ?? first;
  return `M${toText({ x: (first.x + last.x) / 2, y: (first.y + last.y) / 2 })}${bends.join("")}Z`;
}

function toText({ x, y }: Point): string {
  return `${x.toFixed(1)} ${y.toFixed(1)}`;
}
