import type uPlot from "uplot";
import { rowOf } from "./chart-frame.ts";
import type { Palette } from "./palette.ts";

/** Where things are, in pixels of the canvas. */
export interface Stage {
  readonly ctx: CanvasRenderingContext2D;
  readonly palette: Palette;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  /** Where the stream runs. */
  readonly streamY: number;
  /** Where a time is, in milliseconds since 1970. */
  readonly xOf: (atMs: number) => number;
  readonly nowMs: number;
  /** How many pixels of the canvas one of the page has. */
  readonly ratio: number;
}

const ROW_TOP_PX = 22;
const ROW_STEP_PX = 21;

/** Find out where things are in a chart. */
export function toStage(u: uPlot, palette: Palette, nowMs: number): Stage {
  const { left, top, width, height } = u.bbox;
  return {
    ctx: u.ctx,
    palette,
    nowMs,
    left,
    top,
    right: left + width,
    bottom: top + height,
    streamY: u.valToPos(0, "y", true),
    xOf: (atMs) => u.valToPos(atMs / 1000, "x", true),
    ratio: u.width === 0 ? 1 : u.ctx.canvas.width / u.width,
  };
}

/** Draw inside the chart only. */
export function clipped(stage: Stage, draw: () => void): void {
  const { ctx, left, right, top, bottom } = stage;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, right - left, bottom - top);
  ctx.clip();
  ctx.textAlign = "left";
  ctx.textBaseline = "alphabetic";
  draw();
  ctx.restore();
}

/** Compute where the upper edge of a token is. */
export function tokenTop({ streamY, ratio }: Stage, generation: number): number {
  return streamY + (ROW_TOP_PX + rowOf({ generation }) * ROW_STEP_PX) * ratio;
}
