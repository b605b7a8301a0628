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
/**
 * Draw a guilloche: one closed SVG path for each of its lines.
 *
 * Nothing is drawn at random, so a page looks the same every time.
 */
export declare function guilloche(options: GuillocheOptions): readonly string[];
//# sourceMappingURL=guilloche.d.ts.map
