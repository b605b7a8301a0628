import type { ReactNode } from "react";
import { useNetworkCut } from "../network/use-network-cut.ts";
import { TrialRow } from "./trial-row.tsx";
import { TRIALS } from "./trials.ts";

/** What a visitor can try beside the stream: each with one button. */
export function TrialsPanel(): ReactNode {
  const isCut = useNetworkCut();
  return (
    <section className="trials" aria-labelledby="trials-title">
      <div className="trials__head">
        <h2 className="board__title" id="trials-title">
          Try to break it
        </h2>
        <p className="quiet">
          {isCut
            ? "You have cut the network: restore it above, and go on here."
            : "Every button makes real calls. What stands below it is what the server said."}
        </p>
      </div>
      <ol className="trials__list">
        {TRIALS.map((trial) => (
          <TrialRow key={trial.title} trial={trial} />
        ))}
      </ol>
    </section>
  );
}
