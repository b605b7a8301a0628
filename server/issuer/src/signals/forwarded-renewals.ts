import { randomBytes } from "node:crypto";
import { AuthError, type Clock, type FeedServed } from "@countersign/server";
import { KEEPS_PROCESS_ALIVE } from "@countersign/server/internal";
import { collectAnswers, type RenewalOutcome, type StreamAnswers } from "./collect-answers.ts";
import { encode } from "./encode-revocations.ts";
import type { SignalLimits } from "./signal-limits.ts";
import type { Fleet, WatchedServer, WatchedServers } from "./watched-servers.ts";
import type { Watcher } from "./watcher.ts";

/** What is to be renewed, and for whom. */
export interface ForwardedRenewal extends Fleet {
  /** The server that asks. */
  readonly serverId: string;
  /** The streams; those without an owner are asked for at every server of the fleet. */
  readonly streams: readonly { readonly streamId: string; readonly owner: string }[];
  /** The token, which only the servers that have the streams judge. */
  readonly accessToken: string;
}

/** What a server says of the streams that it was asked for. */
export interface RenewalAnswer extends StreamAnswers {
  readonly renewalId: string;
  readonly clientId: string;
  readonly serverId: string;
}

/** Has streams renewed at other servers that watch here. */
export interface ForwardedRenewals {
  /** Ask the servers that have the streams. @throws AuthError `RATE_LIMITED` when too many of the client's renewals wait */
  forward(renewal: ForwardedRenewal): Promise<RenewalOutcome>;
  /** Take the answer of a server. One that nobody waits for any more is of no use. */
  answer(answer: RenewalAnswer): void;
  /** A server watches no more: what it was asked is not answered. */
  lose(watcher: Watcher): void;
}

/** What {@link createForwardedRenewals} needs. */
export interface ForwardedRenewalsOptions {
  readonly servers: WatchedServers;
  readonly limits: Pick<SignalLimits, "maxWaitingRenewals" | "renewalTimeoutMs">;
  readonly clock: Clock;
  /** Observes what is done. It must not throw. Absent: nothing is. */
  readonly onServed: ((served: FeedServed) => void) | undefined;
}

interface AskedServer {
  readonly server: WatchedServer;
  readonly take: (answers: StreamAnswers) => void;
}

const NO_ANSWERS: StreamAnswers = { renewed: [], endedStreamIds: [], unknownStreamIds: [], refused: false };

/** Create what has streams renewed at other servers. */
export function createForwardedRenewals(options: ForwardedRenewalsOptions): ForwardedRenewals {
  const { servers, limits, clock } = options;
  const asked = new Map<string, AskedServer>();
  const waitingOf = new Map<string, number>();
  const ask = (server: WatchedServer, streamIds: readonly string[], renewal: ForwardedRenewal) => {
    const renewalId = randomBytes(16).toString("base64url");
    const { promise, resolve } = Promise.withResolvers<StreamAnswers>();
    asked.set(renewalId, { server, take: resolve });
    const value = { renewalId, streamIds: [...streamIds], accessToken: renewal.accessToken };
    if (!server.watcher.send(encode({ case: "renewal", value }))) {
      resolve(NO_ANSWERS);
    }
    return { streamIds, answers: promise, end: () => void asked.delete(renewalId) };
  };
  const count = (clientId: string, by: number): void => {
    const now = (waitingOf.get(clientId) ?? 0) + by;
    if (now > limits.maxWaitingRenewals) {
      throw new AuthError("RATE_LIMITED", "too many renewals of this client wait for other servers", {
        retryAfterMs: limits.renewalTimeoutMs,
      });
    }
    if (now === 0) {
      waitingOf.delete(clientId);
    } else {
      waitingOf.set(clientId, now);
    }
  };
  return {
    async forward(renewal) {
      count(renewal.clientId, 1);
      options.onServed?.({ kind: "renewal", count: 1 });
      const questions = [...findServers(servers, renewal)].map(([server, streamIds]) =>
        ask(server, streamIds, renewal),
      );
      const { promise: isLate, resolve: endWait } = Promise.withResolvers<void>();
      const cancel = clock.schedule(endWait, limits.renewalTimeoutMs, KEEPS_PROCESS_ALIVE);
      const streamIds = renewal.streams.map(({ streamId }) => streamId);
      try {
        return await collectAnswers(streamIds, questions, isLate);
      } finally {
        cancel();
        for (const { end } of questions) {
          end();
        }
        count(renewal.clientId, -1);
      }
    },
    answer({ renewalId, clientId, serverId, ...answers }) {
      const question = asked.get(renewalId);
      if (question?.server.clientId === clientId && question.server.serverId === serverId) {
        question.take(answers);
      }
    },
    lose(watcher) {
      for (const { server, take } of asked.values()) {
        if (server.watcher === watcher) {
          take(NO_ANSWERS);
        }
      }
    },
  };
}

/** Find who is to be asked, each for which streams. A server is not asked for its own. */
function findServers(
  servers: WatchedServers,
  renewal: ForwardedRenewal,
): ReadonlyMap<WatchedServer, readonly string[]> {
  const found = new Map<WatchedServer, string[]>();
  const hasUnowned = renewal.streams.some(({ owner }) => owner === "");
  const fleet = hasUnowned ? servers.list(renewal) : [];
  for (const { streamId, owner } of renewal.streams) {
    for (const server of owner === "" ? fleet : servers.find(owner, renewal)) {
      if (server.serverId !== renewal.serverId) {
        const named = found.get(server) ?? [];
        named.push(streamId);
        found.set(server, named);
      }
    }
  }
  return found;
}
