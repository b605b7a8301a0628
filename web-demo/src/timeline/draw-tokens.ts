import { TOKEN_ROWS } from "./chart-frame.ts";
import { clipped, type Stage, tokenTop } from "./stage.ts";
import type { Span, Timeline, TokenSpan } from "./timeline.ts";

const TOKEN_HEIGHT_PX = 15;
const NAME_ROOM_PX = 62;
const NUMBER_ROOM_PX = 22;

/** Draw what lies behind the messages: lost stretches, and the tokens under the stream. */
export function drawBelow(stage: Stage, timeline: Timeline): void {
  clipped(stage, () => {
    for (const cut of timeline.cuts) {
      drawCut(stage, cut);
    }
    const carriers = new Set(timeline.moves.map(({ generation }) => generation));
    const tokens = untilNextInRow(timeline.tokens).filter(({ untilMs }) => stage.xOf(untilMs) > stage.left);
    // All are named alike: by the room that the shortest has.
    const roomPx = Math.min(...tokens.map((token) => widthOf(stage, token))) / stage.ratio;
    const hasRoom = roomPx >= NAME_ROOM_PX;
    for (const token of tokens) {
      drawToken(stage, token, carriers.has(token.generation));
      drawName(stage, token, hasRoom);
    }
    drawNow(stage);
  });
}

/** A token that was replaced long before its end gives way to the next one in its row. */
function untilNextInRow(tokens: readonly TokenSpan[]): readonly TokenSpan[] {
  return tokens.map((token, index) => {
    const next = tokens[index + TOKEN_ROWS];
    return next === undefined ? token : { ...token, untilMs: Math.min(token.untilMs, next.fromMs) };
  });
}

function drawCut(
  { ctx, palette, top, bottom, xOf, nowMs, ratio }: Stage,
  { fromMs, untilMs = nowMs }: Span,
): void {
  const x = xOf(fromMs);
  const width = Math.max(xOf(untilMs) - x, ratio);
  ctx.fillStyle = palette.lossWash;
  ctx.fillRect(x, top, width, bottom - top);
  if (width < 88 * ratio) {
    return;
  }
  ctx.fillStyle = palette.loss;
  ctx.font = `${11 * ratio}px ${palette.font}`;
  ctx.fillText("network cut", x + 6 * ratio, top + 14 * ratio);
}

function drawToken(stage: Stage, token: TokenSpan, isCarrier: boolean): void {
  const { ctx, palette, ratio } = stage;
  const x = stage.xOf(token.fromMs);
  const width = widthOf(stage, token);
  const y = tokenTop(stage, token.generation);
  ctx.beginPath();
  ctx.roundRect(x, y, width - 2 * ratio, TOKEN_HEIGHT_PX * ratio, 4 * ratio);
  ctx.fillStyle = isCarrier ? palette.token : palette.ground;
  ctx.fill();
  ctx.lineWidth = ratio;
  ctx.strokeStyle = isCarrier ? palette.renewal : palette.tokenEdge;
  ctx.stroke();
}

function drawName(stage: Stage, { fromMs, untilMs, generation }: TokenSpan, isSpelledOut: boolean): void {
  const { ctx, palette, ratio, xOf, left } = stage;
  const x = Math.max(xOf(fromMs), left);
  const needsPx = isSpelledOut ? NAME_ROOM_PX : NUMBER_ROOM_PX;
  if (xOf(untilMs) - x < needsPx * ratio) {
    return;
  }
  ctx.fillStyle = palette.stream;
  ctx.font = `${10.5 * ratio}px ${palette.font}`;
  const name = isSpelledOut ? `token ${generation}` : String(generation);
  ctx.fillText(name, x + 6 * ratio, tokenTop(stage, generation) + 11.5 * ratio);
}

function widthOf({ xOf }: Stage, { fromMs, untilMs }: TokenSpan): number {
  return xOf(untilMs) - xOf(fromMs);
}

/** What lies right of it is still to come. */
function drawNow({ ctx, palette, xOf, nowMs, top, bottom, ratio }: Stage): void {
  const x = xOf(nowMs);
  ctx.beginPath();
  ctx.moveTo(x, top);
  ctx.lineTo(x, bottom);
  ctx.lineWidth = ratio;
  ctx.strokeStyle = palette.tokenEdge;
  ctx.stroke();
}
