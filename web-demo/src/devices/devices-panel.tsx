import { timestampMs } from "@bufbuild/protobuf/wkt";
import { useMutation, useQuery } from "@connectrpc/connect-query";
import { type Session, SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import type { ReactNode } from "react";
import { toFailure } from "../model/failure.ts";
import { formatAgo } from "../model/time.ts";
import { FailureNote } from "../ui/failure-note.tsx";
import { useNow } from "../ui/use-now.ts";
import { describeDevice } from "./describe-device.ts";

/** How often the list is asked for again: other devices come and go without a word. */
const REFETCH_EVERY_MS = 15_000;
/** What a person looks through; the others are counted. */
const SHOWN = 5;

/** Where the account is signed in, with a way to sign out there. */
export function DevicesPanel(): ReactNode {
  const { data, refetch } = useQuery(
    SessionService.method.listSessions,
    {},
    { refetchInterval: REFETCH_EVERY_MS },
  );
  const onSuccess = (): void => void refetch();
  const others = useMutation(SessionService.method.revokeOtherSessions, { onSuccess });
  const sessions = data?.sessions ?? [];
  const more = sessions.length - SHOWN;
  return (
    <section className="panel" aria-labelledby="devices-title">
      <div className="panel__head">
        <h2 className="label" id="devices-title">
          Signed in on
        </h2>
        {sessions.length > 1 && (
          <button
            type="button"
            className="link"
            aria-busy={others.isPending}
            onClick={() => others.mutate({})}
          >
            Sign out the others
          </button>
        )}
      </div>
      {others.error && <FailureNote failure={toFailure(others.error)} />}
      <ul className="devices" aria-labelledby="devices-title">
        {sessions.slice(0, SHOWN).map((session) => (
          <DeviceLine key={session.sessionId} session={session} onEnded={onSuccess} />
        ))}
      </ul>
      {more > 0 && <p className="quiet">and {data?.nextPageToken === "" ? more : `at least ${more}`} more</p>}
    </section>
  );
}

function DeviceLine(props: { readonly session: Session; readonly onEnded: () => void }): ReactNode {
  const { sessionId, device, address, current, refreshTime } = props.session;
  const nowMs = useNow(REFETCH_EVERY_MS);
  const { mutate, isPending } = useMutation(SessionService.method.revokeSession, {
    onSettled: props.onEnded,
  });
  const name = describeDevice(device);
  const seen = refreshTime === undefined ? "" : formatAgo(timestampMs(refreshTime), nowMs);
  return (
    <li className="device">
      <span className="device__name" title={device}>
        {name}
      </span>
      <span className="device__seen">
        {[current ? "this one" : seen, address].filter((text) => text !== "").join(" · ")}
      </span>
      {!current && (
        <button
          type="button"
          className="link link--quiet device__end"
          aria-label={`Sign out: ${name}`}
          aria-busy={isPending}
          onClick={() => mutate({ sessionId })}
        >
          Sign out
        </button>
      )}
    </li>
  );
}
