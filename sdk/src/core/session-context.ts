import type { Clock } from "./clock.ts";
import type { Holder } from "./holder.ts";
import type { Peers } from "./peers.ts";
import type { SharedEntry } from "./shared-entry.ts";
import type { TokenSource } from "./source.ts";
import type { TokenBinding } from "./token-binding.ts";

/** What the parts of one session work with. */
export interface SessionContext extends Pick<SharedEntry, "change"> {
  readonly clock: Clock;
  readonly source: TokenSource;
  /** Binds the tokens to a key. Absent: they are bound to none. */
  readonly binding: TokenBinding | undefined;
  readonly holder: Holder;
  readonly peers: Peers;
  /** Settles when the store has been read. @throws SessionError `ORIGIN_NOT_ALLOWED`, `DISPOSED` */
  readonly ready: () => Promise<void>;
}
