import type { ReactNode } from "react";
import { useId } from "react";
import { useNetworkCut } from "../network/use-network-cut.ts";
import type { Finding } from "./finding.ts";
import type { Trial } from "./trials.ts";
import { useTrial } from "./use-trial.ts";

/** One trial: what is about to happen, the button, and below it what the server said. */
export function TrialRow(props: { readonly trial: Trial }): ReactNode {
  const { title, about, button, guide, proto, code } = props.trial;
  const { findings, pending, start } = useTrial(props.trial);
  // It would wait until the network is restored; and another tab, which none of it concerns, would not.
  const isCut = useNetworkCut();
  const id = useId();
  return (
    <li className="trial">
      <div className="trial__text">
        <h3 className="trial__title" id={id}>
          {title}
        </h3>
        <p className="trial__about">{about}</p>
      </div>
      <button
        type="button"
        className="button trial__button"
        aria-describedby={id}
        aria-busy={pending}
        disabled={isCut}
        onClick={start}
      >
        {button}
      </button>
      <div className="trial__findings" role="status" aria-labelledby={id}>
        {findings.length > 0 && (
          <ol>
            {findings.map((finding, index) => (
              // They only grow at their end.
              // biome-ignore lint/suspicious/noArrayIndexKey: a finding has no other name
              <FindingLine key={index} finding={finding} />
            ))}
          </ol>
        )}
      </div>
      <p className="trial__links">
        <SourceLink href={guide} name="Guide" title={title} />
        <SourceLink href={proto} name="Proto" title={title} />
        <SourceLink href={code} name="Code" title={title} />
      </p>
    </li>
  );
}

function FindingLine(props: { readonly finding: Finding }): ReactNode {
  const { what, answer, tone, detail } = props.finding;
  return (
    <li className={`finding finding--${tone}`}>
      <span className="finding__what">{what}</span>
      <span className="finding__answer">{answer}</span>
      {detail !== undefined && detail !== "" && <code className="finding__detail">{detail}</code>}
    </li>
  );
}

function SourceLink(props: {
  readonly href: string;
  readonly name: string;
  readonly title: string;
}): ReactNode {
  return (
    <a
      className="trial__link"
      href={props.href}
      target="_blank"
      rel="noreferrer"
      aria-label={`${props.name}: ${props.title}`}
    >
      {props.name}
    </a>
  );
}
