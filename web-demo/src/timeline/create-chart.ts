import "uplot/dist/uPlot.min.css";
import uPlot from "uplot";
import { type Frame, formatOffset, frameOf, marksOf, toBars } from "./chart-frame.ts";
import { drawAbove } from "./draw-stream.ts";
import { drawBelow } from "./draw-tokens.ts";
import type { Palette } from "./palette.ts";
import { toStage } from "./stage.ts";
import type { Timeline } from "./timeline.ts";

/** A chart that shows a timeline as it stood at a moment. */
export interface TimelineChart {
  /** Draw. */
  readonly draw: (timeline: Timeline, nowMs: number) => void;
  readonly resize: (widthPx: number) => void;
  /** How many milliseconds a pixel is: what moves by less need not be drawn again. */
  readonly msPerPx: () => number;
  readonly destroy: () => void;
}

/** What {@link createChart} needs. */
export interface ChartOptions {
  readonly element: HTMLElement;
  readonly palette: Palette;
  readonly heightPx: number;
}

/** How much of the height is above the stream. */
const ABOVE_SHARE = 0.42;
/** The height of a bar that reaches to the top, unless there are higher ones. */
const LOWEST_TOP = 1.9;

/** What a chart shows at a moment. */
interface Shown {
  readonly timeline: Timeline;
  readonly frame: Frame;
}

/** Create a chart in an element. uPlot draws the bars and the axis; the stream and its tokens are drawn into it. */
export function createChart({ element, palette, heightPx }: ChartOptions): TimelineChart {
  let shown: Shown | undefined;
  let widthPx = element.clientWidth;
  const size = { width: widthPx, height: heightPx };
  const chart = new uPlot({ ...size, ...toOptions(palette, () => shown) }, [[], []], element);
  return {
    draw(timeline, nowMs) {
      const frame = frameOf(timeline, nowMs, widthPx);
      shown = { timeline, frame };
      const { starts, heights } = toBars(timeline.seconds, frame);
      chart.batch(() => {
        chart.setData([[...starts], [...heights]], false);
        chart.setScale("x", { min: frame.fromMs / 1000, max: frame.untilMs / 1000 });
      });
    },
    resize(width) {
      widthPx = width;
      chart.setSize({ width, height: heightPx });
    },
    msPerPx: () =>
      shown === undefined ? 0 : (shown.frame.untilMs - shown.frame.fromMs) / Math.max(1, widthPx),
    destroy: () => chart.destroy(),
  };
}

function toOptions(
  palette: Palette,
  shown: () => Shown | undefined,
): Omit<uPlot.Options, "width" | "height"> {
  const nowMs = (): number => shown()?.frame.nowMs ?? 0;
  const drawWith = (draw: typeof drawBelow) => (u: uPlot) => {
    const what = shown();
    if (what !== undefined) {
      draw(toStage(u, palette, what.frame.nowMs), what.timeline);
    }
  };
  const toMarks = ({ frame }: Shown): number[] => marksOf(frame).map((markMs) => markMs / 1000);
  const time: uPlot.Axis = {
    stroke: palette.axis,
    font: `11px ${palette.font}`,
    size: 26,
    gap: 6,
    grid: { show: false },
    ticks: { show: false },
    splits: () => [shown()].flatMap((what) => (what === undefined ? [] : toMarks(what))),
    values: (_u, marks) => marks.map((mark) => formatOffset(nowMs() - mark * 1000)),
  };
  return {
    padding: [0, 0, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false, auto: false }, y: { range: (_u, _min, max) => toRange(max) } },
    series: [{}, { fill: palette.message, width: 0, points: { show: false }, paths: barsOf() }],
    axes: [time, { show: false }],
    hooks: { drawAxes: [drawWith(drawBelow)], draw: [drawWith(drawAbove)] },
  };
}

/** Bars that stand on the second in which they began. */
function barsOf(): uPlot.Series.PathBuilder {
  const bars = uPlot.paths.bars;
  if (bars === undefined) {
    throw new Error("uPlot draws no bars");
  }
  return bars({ size: [0.72, 14], align: 1, radius: 0.2 });
}

/** The stream runs at zero: its messages stand on it, its tokens hang below. */
function toRange(maxHeight: number | null): [number, number] {
  const top = Math.max(LOWEST_TOP, maxHeight ?? 0) * 1.1;
  return [-top * ((1 - ABOVE_SHARE) / ABOVE_SHARE), top];
}
