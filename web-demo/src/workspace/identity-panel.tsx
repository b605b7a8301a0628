import { useQuery } from "@connectrpc/connect-query";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import type { ReactNode } from "react";
import { toFailure } from "../model/failure.ts";
import { FailureNote } from "../ui/failure-note.tsx";

/** Who the caller is, as the server sees it. */
export function IdentityPanel(): ReactNode {
  const { data: who, error, refetch } = useQuery(SessionService.method.whoAmI);
  return (
    <section className="panel" aria-labelledby="identity-title">
      <h2 className="label" id="identity-title">
        Who I am
      </h2>
      {error && !who && (
        <FailureNote failure={toFailure(error)}>
          <button type="button" className="button" onClick={() => void refetch()}>
            Try again
          </button>
        </FailureNote>
      )}
      {who && (
        <dl className="identity">
          <Fact name="Subject" values={[who.subject]} />
          <Fact name="Scopes" values={who.scopes} />
          <Fact name="Roles" values={who.roles} />
          <Fact name="Session" values={[who.sessionId]} />
          <Fact name="Issuer" values={[who.issuer]} />
        </dl>
      )}
    </section>
  );
}

function Fact(props: { readonly name: string; readonly values: readonly string[] }): ReactNode {
  return (
    <div className="identity__fact">
      <dt>{props.name}</dt>
      <dd>
        {props.values.length === 0 && <span className="quiet">none</span>}
        {props.values.map((value) => (
          <code key={value} className="chip" title={value}>
            {value}
          </code>
        ))}
      </dd>
    </div>
  );
}
