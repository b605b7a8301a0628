import type { FeedServed } from "@countersign/server";
import type { RenewalOutcome } from "./collect-answers.ts";
import type { OtherHubs } from "./other-hubs.ts";
import { findHub } from "./renewal-id.ts";
import type { ForwardedRenewal, RenewalAnswer } from "./renewal-questions.ts";
import type { ServerQuestions } from "./server-questions.ts";
import type { SettleRenewal } from "./settle-renewals.ts";
import type { WatchedServers } from "./watched-servers.ts";

/** Has streams renewed at other servers, which watch here or at another hub. */
export interface ForwardedRenewals {
  /**
   * Ask the servers that have the streams.
   *
   * @throws AuthError `RATE_LIMITED` when too many of the client's renewals wait, or other hubs were asked too often;
   *   `AUTH_UNAVAILABLE` when they cannot be asked
   */
  forward(renewal: ForwardedRenewal): Promise<RenewalOutcome>;
  /** Take the answer of a server, for this hub or another one. */
  answer(answer: RenewalAnswer): Promise<void>;
}

/** What {@link createForwardedRenewals} needs. */
export interface ForwardedRenewalsOptions {
  /** The name of this hub. */
  readonly hub: string;
  readonly servers: WatchedServers;
  /** Asks those of them that have the streams. */
  readonly questions: ServerQuestions;
  /** Undefined: this hub is alone on its store. */
  readonly others: OtherHubs | undefined;
  readonly settle: SettleRenewal;
  /** How long a renewal waits, in milliseconds. */
  readonly waitMs: number;
  /** Observes what is done. It must not throw. Absent: nothing is. */
  readonly onServed: ((served: FeedServed) => void) | undefined;
}

/** Create what has streams renewed at other servers. */
export function createForwardedRenewals(options: ForwardedRenewalsOptions): ForwardedRenewals {
  const { hub, servers, questions, others, settle, waitMs, onServed } = options;
  /** Other hubs are asked for streams that may be there. */
  const askOthers = (renewal: ForwardedRenewal) => {
    const streams = renewal.streams.filter(
      ({ owner }) =>
        owner === "" || (owner !== renewal.serverId && servers.find(owner, renewal).length === 0),
    );
    return streams.length === 0 ? [] : (others?.ask({ ...renewal, streams }) ?? []);
  };
  return {
    async forward(renewal) {
      onServed?.({ kind: "renewal", count: 1 });
      return settle({ renewal, asks: [questions.ask, askOthers], waitMs });
    },
    async answer(answer) {
      if (findHub(answer.renewalId) === hub) {
        questions.answer(answer);
      } else {
        await others?.relay(answer);
      }
    },
  };
}
