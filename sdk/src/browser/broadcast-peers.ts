import type { Peers } from "../core/peers.ts";

// Longer than this, a tab that holds the lock is frozen or gone: the store keeps things right without it.
const MAX_LOCK_WAIT_MS = 3_000;

/**
 * Reach the other tabs of the same origin: a BroadcastChannel for news, a Web Lock for taking turns. Either is
 * left out where the browser has none.
 *
 * @param name what tabs that share a session have in common
 */
export function createBroadcastPeers(name: string): Peers {
  const listeners = new Set<() => void>();
  let channel = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel(name);
  if (channel !== undefined) {
    channel.onmessage = () => {
      // What it says is for people who debug: the store is what counts.
      for (const listener of listeners) listener();
    };
  }
  return {
    exclusively: (run) => takeTurn(name, run),
    publish: (message) => channel?.postMessage(message),
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close() {
      channel?.close();
      // A refresh that ends after this has nobody left to tell.
      channel = undefined;
    },
  };
}

/** Run under the lock, or without it when it cannot be had in time. It is never stolen. */
async function takeTurn<T>(name: string, run: () => Promise<T>): Promise<T> {
  const locks = globalThis.navigator?.locks;
  if (locks === undefined) return run();
  let result: Promise<T> | undefined;
  const start = () => {
    result ??= run();
    return result;
  };
  try {
    const signal = AbortSignal.timeout(MAX_LOCK_WAIT_MS);
    return await locks.request(name, { signal }, start);
  } catch {
    // Waited too long, or locks are forbidden here. What `run` itself throws comes out of the same promise.
    return start();
  }
}
