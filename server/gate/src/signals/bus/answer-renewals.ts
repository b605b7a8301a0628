import type { AbsenceLimit } from "../../streams/absence-limit.ts";
import { isPassingRefusal, renewHere } from "../renew-here.ts";
import type { SignalledServer } from "../signals.ts";
import type { PeerMessage } from "./peer-messages.ts";
import type { Peers } from "./peers.ts";

/** What {@link answerRenewals} needs. */
export interface RenewalAnswersOptions {
  /** The servers of this process. */
  readonly servers: ReadonlySet<SignalledServer>;
  readonly publish: Peers["publish"];
  /** Limits how often it says that it has none of the streams that all were asked for. */
  readonly mayDeny: AbsenceLimit;
  readonly onError: (error: unknown) => void;
}

/** Renews streams of this process for another server, and answers it. `isDirected`: it alone was asked. */
export type AnswerRenewal = (
  from: string,
  asked: Extract<PeerMessage, { readonly kind: "renew" }>,
  isDirected: boolean,
) => void;

/** How many renewals of others are under way at the most: what is more is not answered, and the other waits a second. */
const MAX_ANSWERS = 100;

/** Create what answers renewals of other servers, also that none of the streams is open here: they know when all have answered. */
export function answerRenewals({ servers, publish, mayDeny, onError }: RenewalAnswersOptions): AnswerRenewal {
  let answers = 0;
  const answer = async (...[from, asked, isDirected]: Parameters<AnswerRenewal>): Promise<void> => {
    const here = await renewHere(servers, asked.streamIds, asked.accessToken);
    const { renewed, ended, unknown, isTaken } = here;
    // A token for another server, of those that were all asked, is good there.
    const isRefused = here.isRefused && (isDirected || isTaken);
    const isConcerned = isDirected || isRefused || here.absent.length < asked.streamIds.length;
    if (!isConcerned && !mayDeny()) {
      return;
    }
    await publish({ kind: "renewed", request: asked.request, renewed, ended, unknown, isRefused }, from);
  };
  return (from, asked, isDirected) => {
    if (answers >= MAX_ANSWERS) {
      return;
    }
    answers += 1;
    answer(from, asked, isDirected)
      // A server that cannot verify the token just now says nothing: the client asks again.
      .catch((error: unknown) => (isPassingRefusal(error) ? undefined : onError(error)))
      .finally(() => {
        answers -= 1;
      });
  };
}
