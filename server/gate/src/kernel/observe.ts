import type { AuthReason } from "../errors/auth-error.ts";
import type { AuditEvent } from "./audit.ts";

/**
 * Observes what servers do: for metrics, traces, logs and an audit trail. An observer has the methods that it wants; what
 * it lacks is not measured and costs nothing.
 *
 * A method returns at once. What it throws, or rejects with, decides nothing: it is reported to `onWarning`, once a
 * minute. Events hold no tokens, secrets or statements; only those of {@link audited} name who it was.
 */
export interface Observer {
  /** The gate has decided on a call, or a rule or `decide` has refused one of its messages. By `createAuth`. */
  callDecided?(decision: CallDecision): void;
  /** The keys of an issuer were fetched, or could not be. By `createAuth`; for federated issuers by `createIssuer`. */
  keysFetched?(fetch: KeyFetch): void;
  /** The store has answered a query, or failed to. By `createIssuer`. */
  storeQueried?(query: StoreQuery): void;
  /** A client has asked for the next tokens of a session. By `createIssuer`. */
  refreshDecided?(decision: RefreshDecision): void;
  /**
   * A session, account, client or key has changed, a sign-in has failed, or a call was refused: what an operator may have
   * to answer for. By both. It names the subject, the session and the client.
   */
  audited?(event: AuditEvent): void;
  /** A stream that runs on a token has been opened. By `createAuth`, as all that follow. */
  streamOpened?(stream: StreamOpened): void;
  /** Such a stream goes on with a newer token. */
  streamRenewed?(stream: StreamRenewed): void;
  /** A client has asked this server to renew such streams, wherever they are open: called once for each result. */
  renewalAsked?(renewal: RenewalAsked): void;
  /** Such a stream has ended. */
  streamEnded?(stream: StreamEnded): void;
  /** An issuer has made known what is revoked, whichever of its servers revoked it. */
  signalReceived?(signal: IssuerSignal): void;
  /** A provider has said that a session or a subject has ended, or a stranger has. By `createLogoutReceiver`. */
  logoutReceived?(logout: LogoutReceived): void;
  /** The feed for servers that have only `createSignals` has been served. By `createIssuer`. */
  feedServed?(served: FeedServed): void;
  /** A server has sent a message to itself over the bus of its store, as it does every minute. By `createIssuer`, on Postgres. */
  busTested?(test: BusTest): void;
  /** The version of the tables has been read, as it is at the start and every minute. By `createIssuer`. */
  schemaRead?(schema: StoreSchema): void;
}

/** A decision on a call. */
export interface CallDecision {
  /** The RPC, as `package.Service/Method`. */
  readonly method: string;
  /** `would_be_denied`: the service is in shadow mode, and the call went on. */
  readonly result: "allowed" | "denied" | "would_be_denied";
  /** Why it was refused; `INTERNAL`: the server has failed. Undefined when it was allowed. */
  readonly reason: AuthReason | "INTERNAL" | undefined;
  /**
   * The gate, by the headers of the call; or the rule of the method, or `decide` of the application, by a message. What
   * these two allow is not observed.
   */
  readonly decidedBy: "gate" | "rule" | "decide";
  /** Whether the token had been verified before. `none`: no token was looked up. */
  readonly cache: "hit" | "miss" | "none";
  /** How long it took, in microseconds. */
  readonly microseconds: number;
}

/** An attempt to fetch the keys of an issuer. */
export interface KeyFetch {
  /** The issuer, by its name in the options. */
  readonly issuer: string;
  readonly result: "fetched" | "failed";
  /** How long it took, in microseconds. */
  readonly microseconds: number;
}

/** A query of the store. */
export interface StoreQuery {
  /** What it does; `transaction`: it begins or ends one. */
  readonly operation: "select" | "insert" | "update" | "delete" | "transaction" | "other";
  /** The table that it is about; undefined when it is about none, or several. */
  readonly table: string | undefined;
  readonly result: "answered" | "failed";
  /** How long it took, in microseconds, without the wait for a connection. */
  readonly microseconds: number;
}

/** An attempt to refresh a session. */
export interface RefreshDecision {
  /**
   * `refreshed`: the client has its tokens, perhaps again. `REUSE`: the session has ended, because a refresh token that
   * had been replaced came back. Otherwise why it was refused; `INTERNAL`: the server has failed.
   */
  readonly outcome: "refreshed" | "REUSE" | AuthReason | "INTERNAL";
  /** How long it took, in microseconds. */
  readonly microseconds: number;
}

/** A stream that has been opened. */
export interface StreamOpened {
  /** The RPC, as `package.Service/Method`. */
  readonly method: string;
}

/** A stream that goes on with a newer token. */
export interface StreamRenewed {
  /** The RPC, as `package.Service/Method`. */
  readonly method: string;
  /** How long it may go on, in milliseconds. */
  readonly expiresInMs: number;
}

/** What became of streams that a client asked to renew. */
export interface RenewalAsked {
  /**
   * `here`, `elsewhere`: they go on, on this server or another. `ended`: the new token may not call their method. `unknown`: no
   * server has them, or their method does not allow it. `failed`: the call was refused, or another server could not be asked.
   */
  readonly result: "here" | "elsewhere" | "ended" | "unknown" | "failed";
  /** How many streams. */
  readonly count: number;
}

/** A stream that has ended. */
export interface StreamEnded {
  /** The RPC, as `package.Service/Method`. */
  readonly method: string;
  /** A reason of ours; `CLOSED`: it was over by itself, also when its client left or its handler failed. */
  readonly reason: AuthReason | "CLOSED";
  /** How long after its deadline it was ended, in milliseconds; undefined when that is not why it ended. */
  readonly lateMs: number | undefined;
}

/** What was done for servers that watch what is revoked. */
export interface FeedServed {
  /**
   * `watch`: a server watches. `watch_end`: it watches no more; `watch_dropped`: because it read too slowly, beside that.
   * `snapshot`: everything that is revoked is written down, for one of them or several. `delivery`: revocations are handed to
   * all of them. `renewal`: a server has streams renewed at others.
   */
  readonly kind: "watch" | "watch_end" | "watch_dropped" | "snapshot" | "delivery" | "renewal";
  /** How many: of a delivery, revocations times servers. */
  readonly count: number;
}

/** What an issuer has made known. */
export interface IssuerSignal {
  /**
   * `revocation`: of sessions, accounts, clients or tokens. `key_withdrawal`: of keys that sign. `claims_change`: tokens say
   * something else by now.
   */
  readonly kind: "revocation" | "key_withdrawal" | "claims_change";
  /** How many of them. */
  readonly count: number;
}

/** A message of a provider about what has ended. */
export interface LogoutReceived {
  /**
   * How it came: as a logout token (OpenID Connect Back-Channel Logout 1.0), or as a security event that was pushed (RFC 8935) or
   * polled for (RFC 8936).
   */
  readonly kind: "back_channel" | "poll" | "push";
  /** The type of a security event, as a word; `other`: one that has no effect here. Undefined: it is none, or not verified. */
  readonly event?: string | undefined;
  /** Who has sent it, by its name in the options; undefined: no provider has signed it. */
  readonly issuer: string | undefined;
  /**
   * `taken`: the tokens that it is about are refused. `repeated`: it was taken before. `ignored`: it is good, and about no
   * tokens. `refused`: it is no good. `failed`: it could not be verified or written, and its provider learns that it must send it
   * again.
   */
  readonly result: "taken" | "repeated" | "ignored" | "refused" | "failed";
}

/** A message of a server to itself. */
export interface BusTest {
  /** `lost`: it was sent, and did not come back in time. `failed`: it could not be sent. */
  readonly result: "delivered" | "lost" | "failed";
  /** How long that took, in microseconds. */
  readonly microseconds: number;
}

/** How far the tables of the store have come. */
export interface StoreSchema {
  /** Their version. */
  readonly version: number;
  /** The version that this program makes: where it is lower, a newer program has changed the tables. */
  readonly knownVersion: number;
}
