import { LRUCache } from "lru-cache";
import type { KnownHubs } from "./known-hubs.ts";
import type { ForwardedRenewal, StreamAnswers } from "./renewal-questions.ts";

/** Remembers at which other hub the owners of streams watch, by what the hubs have answered. */
export interface OwnerHubs {
  /** Sort the streams of a renewal by the hub of their owner. Undefined: it is not known. */
  group(renewal: ForwardedRenewal): ReadonlyMap<string | undefined, ForwardedRenewal["streams"]>;
  /** Remember what a hub has answered, and forget what it was remembered for in vain. */
  readonly learn: (hub: string, renewal: ForwardedRenewal, answers: StreamAnswers) => void;
}

/** Each takes about 200 bytes. Only servers that have renewed a stream are remembered. */
const MAX_OWNERS = 10_000;

/** Create an empty memory. */
export function createOwnerHubs(known: KnownHubs): OwnerHubs {
  const hubOf = new LRUCache<string, string>({ max: MAX_OWNERS });
  return {
    group: (renewal) =>
      Map.groupBy(renewal.streams, ({ owner }) => {
        const hub = hubOf.get(toKey(renewal, owner));
        return hub !== undefined && known.has(hub) ? hub : undefined;
      }),
    learn(hub, renewal, { renewed, endedStreamIds, unknownStreamIds }) {
      const found = new Set([
        ...renewed.map((stream) => stream.streamId),
        ...endedStreamIds,
        ...unknownStreamIds,
      ]);
      const owners = new Set(renewal.streams.map(({ owner }) => owner).filter((owner) => owner !== ""));
      const here = new Set(
        renewal.streams.filter(({ streamId }) => found.has(streamId)).map(({ owner }) => owner),
      );
      for (const owner of owners) {
        const key = toKey(renewal, owner);
        if (here.has(owner)) {
          hubOf.set(key, hub);
        } else if (hubOf.get(key) === hub) {
          hubOf.delete(key);
        }
      }
    },
  };
}

/** Names of servers are public, and a server of another client may have the same one. */
function toKey({ clientId }: ForwardedRenewal, owner: string): string {
  return `${owner} ${clientId}`;
}
