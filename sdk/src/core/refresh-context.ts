import type { ConnectError } from "@connectrpc/connect";
import type { Clock } from "./clock.ts";
import type { Holder } from "./holder.ts";
import type { Peers } from "./peers.ts";
import type { TokenSource } from "./source.ts";
import type { SessionStore } from "./store.ts";

/** What refreshing works with. */
export interface RefreshContext {
  readonly clock: Clock;
  readonly store: SessionStore;
  readonly source: TokenSource;
  readonly holder: Holder;
  readonly peers: Peers;
}

/** How a refresh ended. It never rejects. */
export type RefreshOutcome =
  | { readonly kind: "done" }
  | { readonly kind: "unavailable"; readonly retryAfterMs: number; readonly error?: ConnectError };
