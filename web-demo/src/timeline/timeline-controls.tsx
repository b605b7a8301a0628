import type { ReactNode } from "react";
import { useId } from "react";
import { useNetworkCut } from "../network/use-network-cut.ts";
import { useServices } from "../session/services-context.tsx";
import type { ChosenLife } from "../session/use-token-life.ts";
import type { Ticks } from "../ticks/use-ticks.ts";

const LIVES = [
  { text: "5 s", lifeMs: 5_000 },
  { text: "15 s", lifeMs: 15_000 },
  { text: "1 min", lifeMs: 60_000 },
  { text: "Default", lifeMs: undefined },
] as const;

/** What the viewer can do to the stream: shorten its tokens, give it something to say, cut its network. */
export function TimelineControls(props: { readonly life: ChosenLife; readonly ticks: Ticks }): ReactNode {
  const { life, ticks } = props;
  return (
    <div className="dials">
      <LifeChoice life={life} />
      <label className="switch">
        <input
          type="checkbox"
          className="switch__box"
          checked={ticks.on}
          onChange={(event) => ticks.turn(event.target.checked)}
        />
        <span className="switch__text">
          Write a note every second
          <span className="dials__hint">Each is deleted again.</span>
        </span>
      </label>
      <NetworkButton />
    </div>
  );
}

function LifeChoice({ life }: { readonly life: ChosenLife }): ReactNode {
  const name = useId();
  return (
    <fieldset className="choice" aria-busy={life.pending}>
      <legend className="choice__legend">Token life</legend>
      <div className="choice__options">
        {LIVES.map(({ text, lifeMs }) => (
          <label key={text} className="choice__option">
            <input
              type="radio"
              className="choice__radio"
              name={name}
              checked={life.lifeMs === lifeMs}
              onChange={() => life.choose(lifeMs)}
            />
            <span className="choice__text">{text}</span>
          </label>
        ))}
      </div>
      <span className="dials__hint">At the most, to the last whole second.</span>
    </fieldset>
  );
}

function NetworkButton(): ReactNode {
  const { network } = useServices();
  const isCut = useNetworkCut();
  const hint = useId();
  return (
    <div className="cutter">
      <button
        type="button"
        className={isCut ? "button button--note button--restore" : "button button--note"}
        aria-describedby={hint}
        onClick={isCut ? network.restore : network.cut}
      >
        {isCut ? "Restore the network" : "Cut the network"}
      </button>
      <span className="dials__hint" id={hint}>
        Breaks the open stream, and lets no request of this page through.
      </span>
    </div>
  );
}
