import { clipped, type Stage, tokenTop } from "./stage.ts";
import type { Move, Span, Timeline } from "./timeline.ts";

/** Draw the stream over the messages: its line, its interruptions, and each token that it went over to. */
export function drawAbove(stage: Stage, timeline: Timeline): void {
  clipped(stage, () => {
    const [first] = timeline.moves;
    if (first === undefined) {
      return;
    }
    drawLine(stage, { fromMs: first.atMs, untilMs: undefined }, stage.palette.stream);
    for (const span of timeline.interruptions) {
      drawInterruption(stage, span);
    }
    for (const move of timeline.moves) {
      drawMove(stage, move);
    }
    drawHead(stage, timeline.retryAtMs !== undefined);
  });
}

function drawLine(stage: Stage, { fromMs, untilMs = stage.nowMs }: Span, colour: string): void {
  const { ctx, xOf, streamY, ratio } = stage;
  ctx.beginPath();
  ctx.moveTo(xOf(fromMs), streamY);
  ctx.lineTo(xOf(untilMs), streamY);
  ctx.lineWidth = 2.5 * ratio;
  ctx.strokeStyle = colour;
  ctx.stroke();
}

function drawInterruption(stage: Stage, span: Span): void {
  const { ctx, palette, ratio } = stage;
  // The line is taken away before it is drawn again as broken.
  drawLine(stage, span, palette.ground);
  ctx.setLineDash([3 * ratio, 4 * ratio]);
  drawLine(stage, span, palette.loss);
  ctx.setLineDash([]);
}

function drawMove(stage: Stage, { atMs, generation, how }: Move): void {
  const { ctx, palette, xOf, streamY, ratio } = stage;
  const x = xOf(atMs);
  const colour = how === "resumed" ? palette.loss : palette.renewal;
  ctx.beginPath();
  ctx.setLineDash([2 * ratio, 3 * ratio]);
  ctx.moveTo(x, streamY);
  ctx.lineTo(x, tokenTop(stage, generation));
  ctx.lineWidth = 1.25 * ratio;
  ctx.strokeStyle = colour;
  ctx.stroke();
  ctx.setLineDash([]);
  drawDot(stage, x, colour);
}

function drawHead(stage: Stage, isInterrupted: boolean): void {
  const { palette, xOf, nowMs } = stage;
  if (!isInterrupted) {
    drawDot(stage, xOf(nowMs), palette.stream);
  }
}

function drawDot({ ctx, palette, streamY, ratio }: Stage, x: number, colour: string): void {
  ctx.beginPath();
  ctx.arc(x, streamY, 4.5 * ratio, 0, 2 * Math.PI);
  ctx.fillStyle = colour;
  ctx.fill();
  ctx.lineWidth = 1.5 * ratio;
  ctx.strokeStyle = palette.ground;
  ctx.stroke();
}
