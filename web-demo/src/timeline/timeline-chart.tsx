import type { ReactNode } from "react";
import { useEffect, useRef } from "react";
import { useServices } from "../session/services-context.tsx";
import { useMedia } from "../ui/use-media.ts";
import type { TimelineChart } from "./create-chart.ts";
import { readPalette } from "./palette.ts";
import type { TimelineStore } from "./timeline-store.ts";

/** Of the chart with its axis; the style sheet keeps the same room, so that nothing moves when it arrives. */
const HEIGHT_PX = 208;
/** How often a chart that must not move is drawn again, in milliseconds. */
const STILL_EVERY_MS = 1_000;
const FASTEST_MS = 33;

/** The chart of the timeline. It moves with the clock, or in steps of a second for users who prefer less motion. */
export function TimelineCanvas(props: { readonly description: string }): ReactNode {
  const { timeline } = useServices();
  const isDark = useMedia("(prefers-color-scheme: dark)");
  const isStill = useMedia("(prefers-reduced-motion: reduce)");
  const element = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const { current } = element;
    if (current === null) {
      return;
    }
    const over = new AbortController();
    const draw = isStill ? drawInSteps : drawWithTheClock;
    // The palette is another one in the dark: the chart is made anew for it.
    current.dataset.scheme = isDark ? "dark" : "light";
    // A user who only signs in does not wait for the chart's code.
    void import("./create-chart.ts").then(({ createChart }) => {
      if (over.signal.aborted) {
        return;
      }
      const chart = createChart({ element: current, palette: readPalette(current), heightPx: HEIGHT_PX });
      const observer = new ResizeObserver(() => chart.resize(current.clientWidth));
      observer.observe(current);
      const stops = [draw(chart, timeline), () => observer.disconnect(), chart.destroy];
      over.signal.addEventListener("abort", () => {
        for (const stop of stops) {
          stop();
        }
      });
    });
    return () => over.abort();
  }, [timeline, isDark, isStill]);

  return <div ref={element} className="timeline__chart" role="img" aria-label={props.description} />;
}

function drawInSteps(chart: TimelineChart, timeline: TimelineStore): () => void {
  const draw = (): void => chart.draw(timeline.getSnapshot(), Date.now());
  draw();
  const timer = setInterval(draw, STILL_EVERY_MS);
  return () => clearInterval(timer);
}

/** Draw whenever something has moved by a pixel, or has happened; not at all while it is hidden. */
function drawWithTheClock(chart: TimelineChart, timeline: TimelineStore): () => void {
  let frame = 0;
  let drawnAtMs = 0;
  let drawn: unknown;
  const step = (): void => {
    frame = requestAnimationFrame(step);
    const nowMs = Date.now();
    const snapshot = timeline.getSnapshot();
    if (nowMs - drawnAtMs < FASTEST_MS) {
      return;
    }
    if (snapshot === drawn && nowMs - drawnAtMs < chart.msPerPx() / 2) {
      return;
    }
    chart.draw(snapshot, nowMs);
    drawnAtMs = nowMs;
    drawn = snapshot;
  };
  step();
  return () => cancelAnimationFrame(frame);
}
