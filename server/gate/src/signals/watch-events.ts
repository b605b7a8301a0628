/** What has happened to the watches of a server. A watch has the number that it was opened with. */
export type WatchEvent =
  /** The first is to be opened. */
  | { readonly kind: "start" }
  /** The token is there, and the hub is asked. */
  | { readonly kind: "asked"; readonly watch: number }
  /** The hub has said something that leaves the watch as it is: Begin, Revocations, a Renewal. */
  | { readonly kind: "received"; readonly watch: number }
  /** The hub has said that all up to now is known: Alive. */
  | { readonly kind: "alive"; readonly watch: number; readonly replaceAfterMs: number }
  /** The hub is about to stop: Drain. */
  | { readonly kind: "drain"; readonly watch: number }
  /** The watch is over, whichever side has ended it. */
  | { readonly kind: "ended"; readonly watch: number; readonly retryAfterMs?: number | undefined }
  /** The hub has ended a watch because its token is good no more, as when the key is withdrawn that has signed it. */
  | { readonly kind: "token_refused"; readonly watch: number }
  /** The watch must be opened again: its request would have another audience now. */
  | { readonly kind: "replace" }
  /** Time has passed. */
  | { readonly kind: "timer" };

/** What is to be done. */
export type WatchCommand =
  | { readonly kind: "open"; readonly watch: number; readonly hub: number }
  /** `silent`: the hub has said nothing for too long; `replaced`: another watch has taken its place. */
  | { readonly kind: "close"; readonly watch: number; readonly why: "silent" | "replaced" };
