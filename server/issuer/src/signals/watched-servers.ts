import { AuthError, type Clock } from "@countersign/server";
import type { Watcher } from "./watcher.ts";

/** The servers that renewals are forwarded among: those of one client and audience. */
export interface Fleet {
  readonly clientId: string;
  readonly audience: string;
}

/** A server that watches. */
export interface WatchedServer extends Fleet {
  readonly serverId: string;
  readonly watcher: Watcher;
}

/** The servers that watch, by their name. */
export interface WatchedServers {
  /** Assert that a name is not another client's. @throws AuthError `POLICY_DENIED` when it is */
  assertFree(serverId: string, clientId: string): void;
  /** Add one. Of several of one name, the newest counts. */
  add(server: WatchedServer): void;
  /** Remove it. Its name stays its client's for a time. */
  remove(server: WatchedServer): void;
  /** Find the server of a name, where it is of a fleet: it, or none. */
  find(serverId: string, fleet: Fleet): readonly WatchedServer[];
  /** List the servers of a fleet. */
  list(fleet: Fleet): readonly WatchedServer[];
}

/** How long a name stays its client's when the server watches no more, in milliseconds. */
const KEPT_MS = 10 * 60_000;

/** Create an empty list. @param maxKept how many names are kept of servers that watch no more */
export function createWatchedServers(clock: Clock, maxKept: number): WatchedServers {
  const watching = new Map<string, WatchedServer>();
  /** The one that is forgotten first is the first. */
  const kept = new Map<string, { readonly clientId: string; readonly untilMs: number }>();
  const forget = (): void => {
    const nowMs = clock.monotonicMs();
    for (const [serverId, { untilMs }] of kept) {
      if (untilMs > nowMs && kept.size <= maxKept) {
        break;
      }
      kept.delete(serverId);
    }
  };
  return {
    assertFree(serverId, clientId) {
      forget();
      const owner = watching.get(serverId)?.clientId ?? kept.get(serverId)?.clientId ?? clientId;
      if (owner !== clientId) {
        throw new AuthError("POLICY_DENIED", "the server_id belongs to another client");
      }
    },
    add(server) {
      kept.delete(server.serverId);
      watching.set(server.serverId, server);
    },
    remove({ serverId, clientId, watcher }) {
      if (watching.get(serverId)?.watcher === watcher) {
        watching.delete(serverId);
        kept.set(serverId, { clientId, untilMs: clock.monotonicMs() + KEPT_MS });
        forget();
      }
    },
    find(serverId, fleet) {
      const server = watching.get(serverId);
      return server !== undefined && isOf(server, fleet) ? [server] : [];
    },
    list: (fleet) => [...watching.values()].filter((server) => isOf(server, fleet)),
  };
}

function isOf(server: WatchedServer, { clientId, audience }: Fleet): boolean {
  return server.clientId === clientId && server.audience === audience;
}
