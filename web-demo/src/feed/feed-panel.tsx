import type { ReactNode } from "react";
import { formatTimeOfDay } from "../model/time.ts";
import type { FeedStatus, NoteFeed } from "./use-note-feed.ts";

const STATUS_WORDS = {
  connecting: "Connecting",
  live: "Live",
  reconnecting: "Reconnecting",
  ended: "Closed by the server",
} satisfies Record<FeedStatus, string>;

/** The changes to the notes as the server streams them, with the state of the stream. */
export function FeedPanel(props: { readonly feed: NoteFeed }): ReactNode {
  const { status, entries } = props.feed;
  return (
    <section className="panel" aria-labelledby="feed-title">
      <div className="panel__head">
        <h2 className="label" id="feed-title">
          Live feed
        </h2>
        <span className={`status status--${status}`} role="status" aria-label="Feed status">
          {STATUS_WORDS[status]}
        </span>
      </div>
      {entries.length === 0 && (
        <p className="quiet">
          Changes to your notes arrive here, from this window or any other, without reloading.
        </p>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <ol className="feed" aria-labelledby="feed-title" tabIndex={0}>
        {entries.map(({ sequence, verb, title, atMs }) => (
          <li key={String(sequence)} className={`feed__entry feed__entry--${verb.toLowerCase()}`}>
            <span className="feed__sequence">#{String(sequence)}</span>
            <span className="feed__text">
              {verb} <strong>{title}</strong>
            </span>
            <time className="log__time" dateTime={new Date(atMs).toISOString()}>
              {formatTimeOfDay(atMs)}
            </time>
          </li>
        ))}
      </ol>
    </section>
  );
}
