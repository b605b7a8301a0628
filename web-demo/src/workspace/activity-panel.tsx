import type { ReactNode } from "react";
import { formatTimeOfDay } from "../model/time.ts";
import { useActivity } from "../session/use-activity.ts";
import { useSession } from "../session/use-session.ts";

/** From here on nobody waits to see a refresh. */
const LONG_LIFE_MS = 120_000;

/** What happened to the session, as it happens; screen readers hear each new line. */
export function ActivityPanel(): ReactNode {
  const entries = useActivity();
  const { issuedAtMs = 0, expiresAtMs = 0 } = useSession();
  return (
    <section className="panel" aria-labelledby="activity-title">
      <h2 className="label" id="activity-title">
        Session activity
      </h2>
      <ol
        className="log"
        role="log"
        aria-live="polite"
        aria-relevant="additions"
        aria-labelledby="activity-title"
      >
        {entries.map(({ id, kind, text, atMs }) => (
          <li key={id} className={`log__entry log__entry--${kind}`}>
            <span className="log__text">{text}</span>
            <time className="log__time" dateTime={new Date(atMs).toISOString()}>
              {formatTimeOfDay(atMs)}
            </time>
          </li>
        ))}
      </ol>
      {entries.length === 0 && <p className="quiet">Session restored. Each refresh shows up here.</p>}
      {expiresAtMs - issuedAtMs > LONG_LIFE_MS && (
        <p className="quiet">
          To watch refreshes sooner, start the demo with <code>COUNTERSIGN_ACCESS_TTL=15s</code>.
        </p>
      )}
    </section>
  );
}
