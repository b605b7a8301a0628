import { chunks } from "./chunks.ts";
import { encode } from "./encode-revocations.ts";
import { createRenewalId } from "./renewal-id.ts";
import {
  type AskForStreams,
  type ForwardedRenewal,
  NO_ANSWERS,
  type Question,
  type RenewalAnswer,
  type StreamAnswers,
} from "./renewal-questions.ts";
import type { WatchedServer, WatchedServers } from "./watched-servers.ts";
import type { Watcher } from "./watcher.ts";

/** Asks the servers that watch here for streams. */
export interface ServerQuestions {
  /** Ask those that have the streams, and for streams without an owner all of the fleet. A server is not asked for its own. */
  readonly ask: AskForStreams;
  /** Take the answer of a server. An answer that comes after the caller was answered is dropped. */
  readonly answer: (answer: RenewalAnswer) => void;
  /** A server watches no more: what it was asked is not answered. */
  readonly lose: (watcher: Watcher) => void;
}

interface AskedServer {
  readonly server: WatchedServer;
  readonly take: (answers: StreamAnswers) => void;
}

/** So many streams at a time: what is said of them fits into a message between hubs. */
const STREAMS_PER_QUESTION = 100;

/** Create what asks the servers that watch here. @param hub the name of this hub, which answers are for */
export function createServerQuestions(servers: WatchedServers, hub: string): ServerQuestions {
  const asked = new Map<string, AskedServer>();
  const ask = (server: WatchedServer, streamIds: readonly string[], accessToken: string): Question => {
    const renewalId = createRenewalId(hub);
    const { promise, resolve } = Promise.withResolvers<StreamAnswers>();
    asked.set(renewalId, { server, take: resolve });
    const value = { renewalId, streamIds: [...streamIds], accessToken };
    if (!server.watcher.send(encode({ case: "renewal", value }))) {
      resolve(NO_ANSWERS);
    }
    return { streamIds, answers: promise, end: () => void asked.delete(renewalId) };
  };
  return {
    ask: (renewal) =>
      [...findServers(servers, renewal)].flatMap(([server, streamIds]) =>
        [...chunks(streamIds, STREAMS_PER_QUESTION)].map((page) => ask(server, page, renewal.accessToken)),
      ),
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

/** Find who is to be asked, each for which streams. */
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
