export { encodeEntry } from "../core/entry-text.ts";
export { parseEntry } from "../core/parse-entry.ts";
export type { PeerMessage, Peers } from "../core/peers.ts";
export { Secret } from "../core/secret.ts";
export type {
  RefreshHealth,
  RefreshIntent,
  SessionStore,
  SignedInEntry,
  SignedOutEntry,
  SignedOutReason,
  StoreEntry,
} from "../core/store.ts";
