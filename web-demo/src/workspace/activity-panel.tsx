import type { ReactNode } from "react";
import { formatTimeOfDay } from "../model/time.ts";
import { useActivity } from "../session/use-activity.ts";

/** What happened to the session, as it happens; screen readers hear each new line. */
export function ActivityPanel(): ReactNode {
  const entries = useActivity();
  return (
    <section className="panel" aria-labelledby="activity-title">
      <h2 className="label" id="activity-title">
        Session activity
      </h2>
      <div role="log" aria-relevant="additions" aria-labelledby="activity-title">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
        <ol className="log" tabIndex={0}>
          {entries.map(({ id, kind, text, atMs, times }) => (
            <li key={id} className={`log__entry log__entry--${kind}`}>
              <span className="log__text">
                {text}
                {times > 1 && <span className="log__times"> · {times} times</span>}
              </span>
              <time className="log__time" dateTime={new Date(atMs).toISOString()}>
                {formatTimeOfDay(atMs)}
              </time>
            </li>
          ))}
        </ol>
      </div>
      {entries.length === 0 && <p className="quiet">Session restored. Each refresh shows up here.</p>}
    </section>
  );
}
