import type { ReactNode } from "react";
import type { ChosenLife } from "../session/use-token-life.ts";
import type { Ticks } from "../ticks/use-ticks.ts";

const SHORT_LIFE_MS = 5_000;

/** Starts all that there is to see with one click, and ends it with another. */
export function ShowButton(props: { readonly life: ChosenLife; readonly ticks: Ticks }): ReactNode {
  const { life, ticks } = props;
  const isRunning = ticks.on && life.lifeMs !== undefined;
  const run = (on: boolean): void => {
    ticks.turn(on);
    life.choose(on ? SHORT_LIFE_MS : undefined);
  };
  return (
    <button
      type="button"
      className={isRunning ? "button button--note show" : "button button--brass show"}
      onClick={() => run(!isRunning)}
    >
      {isRunning ? "Stop the show" : "Show me"}
    </button>
  );
}
