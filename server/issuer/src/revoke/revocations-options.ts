import type { AuditSink, Clock } from "@countersign/server";
import type { RevocationEvent } from "@countersign/server/internal";
import type { MessageSealer } from "../keys/message-sealer.ts";
import type { Store, StoreLocation } from "../store/database.ts";
import type { InsecureRevocationsOptions } from "./revocation-source.ts";

/** What {@link createRevocations} needs: `store`, or else `database`. */
export interface RevocationsOptions {
  /** The open store, in a server that is the issuer. */
  readonly store?: Store;
  /**
   * Where the database of the issuer is, for a server that is not the issuer. It is opened at the start as it is, and
   * closed at the end: only the issuer makes its tables and changes them.
   */
  readonly database?: StoreLocation;
  /** The time. Default: the database's on Postgres, otherwise the machine's. */
  readonly clock?: Clock;
  /**
   * The name of the issuer that the database belongs to: claim `iss` of its tokens. Its revocations cover no tokens of
   * other issuers. Default: what its servers were given with `--issuer`; without that, its revocations cover tokens
   * of every issuer.
   */
  readonly issuer?: string;
  /**
   * The longest that an access token lasts that this server grants, in milliseconds; where it accepts other issuers,
   * the longest of theirs. The database knows it from the start on, and every server remembers a revocation for as
   * long as the longest of all, and 5 min more. Default: this server grants none.
   */
  readonly accessTtlMs?: number;
  /**
   * Whether other issuers are accepted, too: what is revoked of every issuer is then remembered for a day. Default
   * false.
   */
  readonly acceptsOtherIssuers?: boolean;
  /**
   * How often the store is asked what other servers have revoked, in milliseconds. Default 250 ms on SQLite; 500 ms
   * on Postgres, which also says when there is something.
   */
  readonly pollMs?: number;
  /** How long to go on with what is known while the store cannot be read, in milliseconds. Default 60 s. */
  readonly staleAfterMs?: number;
  /**
   * Go on for as long as the store cannot be read, although what was revoked meanwhile is accepted. Default false:
   * calls are refused with `AUTH_UNAVAILABLE`.
   */
  readonly failOpen?: boolean;
  /** What makes `database` less safe. */
  readonly insecure?: InsecureRevocationsOptions | undefined;
  /**
   * Seals the messages of servers on one store about revocations that cannot be written just now. Default: others
   * learn of them once they are written.
   */
  readonly sealer?: MessageSealer;
  /** Learns of each order to revoke. Default: none. */
  readonly audit?: AuditSink<RevocationEvent>;
  /** Called when the store can no longer be read, and when a listener threw. */
  readonly onError?: (error: unknown) => void;
}

/** Every option: one that is new does not compile before it stands here. */
export const OPTION_NAMES = {
  store: true,
  database: true,
  clock: true,
  issuer: true,
  accessTtlMs: true,
  acceptsOtherIssuers: true,
  pollMs: true,
  staleAfterMs: true,
  failOpen: true,
  insecure: true,
  sealer: true,
  audit: true,
  onError: true,
} satisfies Record<keyof RevocationsOptions, true>;
