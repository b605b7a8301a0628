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

/** The servers that watch, by their client and their name: names are public, and another client may use the same one. */
export interface WatchedServers {
  /** Add one. Of several of one client and name, the newest counts. */
  add(server: WatchedServer): void;
  /** Remove it. */
  remove(server: WatchedServer): void;
  /** Find the server of a name, where it is of a fleet and takes messages: it, or none. */
  find(serverId: string, fleet: Fleet): readonly WatchedServer[];
  /** List the servers of a fleet. */
  list(fleet: Fleet): readonly WatchedServer[];
}

/** Create an empty list. */
export function createWatchedServers(): WatchedServers {
  const serversOf = new Map<string, Map<string, WatchedServer>>();
  return {
    add(server) {
      const { clientId, serverId } = server;
      const those = serversOf.get(clientId) ?? new Map<string, WatchedServer>();
      serversOf.set(clientId, those.set(serverId, server));
    },
    remove({ serverId, clientId, watcher }) {
      const those = serversOf.get(clientId);
      if (those?.get(serverId)?.watcher === watcher) {
        those.delete(serverId);
        if (those.size === 0) {
          serversOf.delete(clientId);
        }
      }
    },
    find(serverId, fleet) {
      const server = serversOf.get(fleet.clientId)?.get(serverId);
      return server !== undefined && isAsked(server, fleet) ? [server] : [];
    },
    list: (fleet) =>
      [...(serversOf.get(fleet.clientId)?.values() ?? [])].filter((server) => isAsked(server, fleet)),
  };
}

function isAsked(server: WatchedServer, { audience }: Fleet): boolean {
  return server.audience === audience && server.watcher.isTaking;
}
