import type { ReactNode } from "react";
import type { FeedStatus } from "../feed/use-note-feed.ts";
import type { ChosenLife } from "../session/use-token-life.ts";
import type { Ticks } from "../ticks/use-ticks.ts";
import { TimelineControls } from "../timeline/timeline-controls.tsx";
import { TimelinePanel } from "../timeline/timeline-panel.tsx";
import { useArrivalFocus } from "../ui/use-arrival-focus.ts";
import { ShowButton } from "./show-button.tsx";
import { TokenPanel } from "./token-panel.tsx";

/** What the page is about: the token that runs out, and the stream that does not mind. */
export function Hero(props: {
  readonly status: FeedStatus;
  readonly life: ChosenLife;
  readonly ticks: Ticks;
}): ReactNode {
  return (
    <section ref={useArrivalFocus()} className="hero" aria-label="Token and stream" tabIndex={-1}>
      <TokenPanel />
      <div className="hero__stream">
        <TimelinePanel status={props.status}>
          <ShowButton life={props.life} ticks={props.ticks} />
        </TimelinePanel>
        <TimelineControls life={props.life} ticks={props.ticks} />
      </div>
    </section>
  );
}
