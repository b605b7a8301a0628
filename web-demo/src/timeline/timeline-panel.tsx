import type { ReactNode } from "react";
import type { FeedStatus } from "../feed/use-note-feed.ts";
import { useNow } from "../ui/use-now.ts";
import { frameOf } from "./chart-frame.ts";
import { describeChart, describeDelivery, describeTotals } from "./describe.ts";
import type { Timeline } from "./timeline.ts";
import { TimelineCanvas } from "./timeline-chart.tsx";
import { TimelineTable } from "./timeline-table.tsx";
import { useTimeline } from "./use-timeline.ts";

/** A longer wait is explained. */
const PATIENCE_SECONDS = 12;

const LEGEND = [
  { key: "message", text: "messages on the stream" },
  { key: "token", text: "its token" },
  { key: "spare", text: "a token it did not need" },
  { key: "renewal", text: "it takes the next one" },
  { key: "loss", text: "interrupted" },
] as const;

/** One stream as it crosses token after token, in a chart and in four numbers. Its children come before the chart. */
export function TimelinePanel(props: {
  readonly status: FeedStatus;
  readonly children: ReactNode;
}): ReactNode {
  const timeline = useTimeline();
  const nowMs = useNow(500);
  const { fromMs } = frameOf(timeline, nowMs, Infinity);
  return (
    <section className="timeline" aria-labelledby="timeline-title">
      <h2 className="label timeline__title" id="timeline-title">
        Live timeline
      </h2>
      <p className="timeline__totals" data-testid="totals">
        {describeTotals(timeline.totals).map(({ value, what }, index) => (
          <span key={what} className="timeline__count">
            <span className="timeline__dot">{index > 0 && " · "}</span>
            <strong>{value}</strong> {what}
          </span>
        ))}
      </p>
      <p className="timeline__proof" data-testid="proof">
        {toSentence(timeline, props.status) + toCountdown(timeline.retryAtMs, nowMs)}
      </p>
      {props.children}
      <TimelineCanvas description={describeChart(timeline.totals, nowMs - fromMs)} />
      <ul className="legend" aria-label="Legend">
        {LEGEND.map(({ key, text }) => (
          <li key={key} className={`legend__entry legend__entry--${key}`}>
            {text}
          </li>
        ))}
      </ul>
      <TimelineTable timeline={timeline} />
    </section>
  );
}

function toSentence({ retryAtMs, delivery }: Timeline, status: FeedStatus): string {
  if (status === "ended") {
    return "The server has closed the stream.";
  }
  if (retryAtMs !== undefined) {
    return "The stream is interrupted, and goes on where it broke off.";
  }
  return describeDelivery(delivery) ?? "Let tokens live for seconds, and watch the stream cross them.";
}

function toCountdown(retryAtMs: number | undefined, nowMs: number): string {
  if (retryAtMs === undefined) {
    return "";
  }
  const seconds = Math.ceil((retryAtMs - nowMs) / 1000);
  if (seconds <= 0) {
    return " Trying now.";
  }
  // Refreshes that fail are limited to six a minute, so that no outage becomes a storm.
  const why =
    seconds > PATIENCE_SECONDS ? ": so many tries failed that the server is left alone for a while" : "";
  return ` Next try in ${seconds} s${why}.`;
}
