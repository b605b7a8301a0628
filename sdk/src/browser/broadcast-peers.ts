import type { Peers } from "../core/peers.ts";

// Longer than this, a tab that holds the lock is frozen or gone: the store keeps things right without it.
const MAX_LOCK_WAIT_MS = 3_000;

// With each of these a tab may have missed something. `visibilitychange` bubbles up from the document, and workers
// have fewer of them.
const WAKE_UPS = ["visibilitychange", "pageshow", "focus", "online"] as const;

/**
 * Reach the other tabs of the same origin: a BroadcastChannel for news, a Web Lock for taking turns. Either is
 * left out where the browser has none.
 *
 * @param name what tabs that share a session have in common
 */
export function createBroadcastPeers(name: string): Peers {
  let channel: BroadcastChannel | undefined;
  return {
    exclusively: (run) => takeTurn(name, run),
    publish: (message) => channel?.postMessage(message),
    subscribe(listener) {
      const stopping = new AbortController();
      for (const type of WAKE_UPS) globalThis.addEventListener(type, listener, stopping);
      if (globalThis.BroadcastChannel !== undefined) {
        channel = new BroadcastChannel(name);
        // What it says is for people who debug: the store is what counts.
        channel.onmessage = listener;
      }
      return () => {
        stopping.abort();
        channel?.close();
        // A refresh that ends after this has nobody left to tell.
        channel = undefined;
      };
    },
  };
}

/** Run under the lock, or without it when it cannot be had in time. It is never stolen. */
async function takeTurn<T>(name: string, run: () => Promise<T>): Promise<T> {
  let result: Promise<T> | undefined;
  const start = () => {
    result ??= run();
    return result;
  };
  try {
    return await navigator.locks.request(name, { signal: AbortSignal.timeout(MAX_LOCK_WAIT_MS) }, start);
  } catch {
    // Waited too long, or there are no locks here. What `run` itself throws comes out of the same promise.
    return start();
  }
}
