import type { ReactNode } from "react";
import { formatTimeOfDay, formatTokenLife } from "../model/time.ts";
import type { Move, Timeline } from "./timeline.ts";

const HOW = {
  opened: "opened on it",
  renewed: "renewed in place",
  resumed: "resumed after an interruption",
} satisfies Record<Move["how"], string>;

const SHOWN = 12;

/** The same as the chart in words: which token the stream ran on, from when, and how it got there. */
export function TimelineTable(props: { readonly timeline: Timeline }): ReactNode {
  const { moves, tokens } = props.timeline;
  const rows = moves.slice(-SHOWN).toReversed();
  return (
    <details className="timeline__details">
      <summary>Show as a table</summary>
      <table className="timeline__table">
        <caption>The last {SHOWN} tokens of the stream, newest first</caption>
        <thead>
          <tr>
            <th scope="col">Token</th>
            <th scope="col">From</th>
            <th scope="col">Its life</th>
            <th scope="col">The stream</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ atMs, generation, how }) => {
            const token = tokens.find((other) => other.generation === generation);
            return (
              <tr key={`${atMs}-${generation}`}>
                <th scope="row">{generation}</th>
                <td>{formatTimeOfDay(atMs)}</td>
                <td>{token === undefined ? "" : formatTokenLife(token.untilMs - token.fromMs)}</td>
                <td>{HOW[how]}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </details>
  );
}
