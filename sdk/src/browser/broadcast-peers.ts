import type { Peers } from "../core/peers.ts";
import { followPage } from "./page-life.ts";

/**
 * Reach the other tabs of the same origin: a BroadcastChannel for news, a Web Lock for taking turns. Either is
 * left out where the browser has none.
 *
 * @param name what tabs that share a session have in common
 */
export function createBroadcastPeers(name: string): Peers {
  let channel: BroadcastChannel | undefined;
  return {
    exclusively: (run) => withLock(name, run),
    publish: (message) => channel?.postMessage(message),
    subscribe(listener) {
      const open = () => {
        if (globalThis.BroadcastChannel) {
          channel = new BroadcastChannel(name);
          // The content of a message is for people who debug: the store is what counts.
          channel.onmessage = listener;
        }
      };
      // Browsers throw a page away rather than have it miss a message.
      const close = () => {
        channel?.close();
        // A refresh that ends after this has no channel to publish on.
        channel = undefined;
      };
      const wakeUp = (event: Event) => {
        // A page that is left is hidden as well.
        if (event.type !== "visibilitychange" || !document.hidden) {
          listener(event);
        }
      };
      const stopping = new AbortController();
      // With each of these a tab may have missed something, as with its return from a suspension. `visibilitychange`
      // bubbles up from the document, and workers have fewer of them.
      for (const type of ["visibilitychange", "focus", "online"]) {
        globalThis.addEventListener(type, wakeUp, stopping);
      }
      const unfollow = followPage(close, (event) => {
        if (!channel) {
          open();
        }
        listener(event);
      });
      open();
      return () => {
        stopping.abort();
        unfollow();
        close();
      };
    },
  };
}

/** Run under the lock, or without it when it cannot be had in time. It is never stolen. */
async function withLock<T>(name: string, run: () => Promise<T>): Promise<T> {
  let result: Promise<T> | undefined;
  const start = () => {
    result ??= run();
    return result;
  };
  try {
    // Longer than this, a tab that holds the lock is frozen or gone: the store keeps things right without it.
    const maxLockWaitMs = 3_000;
    return await navigator.locks.request(name, { signal: AbortSignal.timeout(maxLockWaitMs) }, start);
  } catch {
    // Waited too long, or there are no locks here. What `run` itself throws comes out of the same promise.
    return start();
  }
}
