import type { AuditSink, Clock, DpopOptions, MessageBus, Observer } from "@countersign/server";
import type { PasswordCost } from "../credentials/password.ts";
import type { AcceptPassword } from "../credentials/password-rule.ts";
import type { ClaimsHook } from "../sessions/token-claims.ts";
import type { SignalLimits } from "../signals/signal-limits.ts";
import type { FederatedIssuerOptions } from "./federated-issuer.ts";

/** What {@link createIssuer} takes. */
export interface CreateIssuerOptions {
  /** Where its accounts, sessions and keys are kept. */
  readonly store: IssuerStoreLocation;
  /**
   * The key-encryption key, which seals private keys and proves refresh tokens genuine: 32 random bytes, or a file that
   * holds them in base64url. All servers on one store have the same.
   */
  readonly secret: Uint8Array | SecretFile;
  /** The public URL of the issuer: claim `iss` of its tokens (RFC 8414 §2), `https://` or on loopback. The store keeps it. */
  readonly url: string;
  /**
   * The URLs under which clients reach the services and endpoints: of each, the origin, with the path that a proxy adds. A DPoP proof
   * ([RFC 9449](https://www.rfc-editor.org/rfc/rfc9449)) names the URL of its call, which must be under one of them.
   * Default: `url`.
   */
  readonly publicUrls?: readonly string[];
  /** How DPoP proofs are judged. Default: `proofWindowSeconds` 60, `maxRememberedProofs` 1,000,000, no nonces. */
  readonly dpop?: DpopOptions;
  /**
   * The URL whose connections ask clients for a certificate, such as that of another port: the metadata names the endpoints there
   * ([RFC 8705 §5](https://www.rfc-editor.org/rfc/rfc8705#section-5)). It may be `url`. Default: none, and the metadata says
   * nothing of certificates.
   */
  readonly mtlsUrl?: string | undefined;
  /** The API that its access tokens are for: their claim `aud`. The store keeps it. */
  readonly audience: string;
  /**
   * Further APIs that tokens can be asked for, by parameter `resource`
   * ([RFC 8707](https://www.rfc-editor.org/rfc/rfc8707)): absolute URLs, at most 64. A token for one of them is no good
   * at the others, nor at `audience`, unless it was asked for both. Default: none.
   */
  readonly resources?: readonly string[];
  /**
   * Finds what an access token says beside what the issuer puts in, such as the tenant of an account: an object of at
   * most 32 claims and 4 KiB of JSON, which go before those of the store. It is asked at each sign-in, refresh, exchange
   * and grant to a client, and has 2 s to answer. When it fails, or gives a claim that the issuer or a gate reads, there is no token:
   * `AUTH_UNAVAILABLE`, and `onError` receives the reason. Default: tokens have the claims of the store only.
   */
  readonly claims?: ClaimsHook;
  /** How long an access token lasts, in milliseconds. Default 10 min, at most a day. */
  readonly accessTtlMs?: number;
  /** How far the clocks of issuer and verifiers may lie apart, in milliseconds. Default 5 s, at most 5 min. */
  readonly clockToleranceMs?: number;
  /**
   * The longest token and client assertion that is taken, in bytes, as `maxTokenBytes` of `createAuth`. Default 8,192, at
   * most 65,536; a request to its services and endpoints has at most 64 KiB in all.
   */
  readonly maxTokenBytes?: number | undefined;
  /** How long a session lasts that is not refreshed, in milliseconds. Default 7 d. */
  readonly sessionIdleTtlMs?: number;
  /** How long a session lasts, however often it is refreshed, in milliseconds. Default 30 d. */
  readonly sessionMaxTtlMs?: number;
  /** How long a key signs, in milliseconds. Default 30 d. */
  readonly keyRotationMs?: number;
  /**
   * How long a key is published before it signs, in milliseconds. Default 24 h, and never less than twice
   * `jwksMaxAgeMs`.
   */
  readonly keyPublishBeforeMs?: number;
  /** How long verifiers may keep the key set, in milliseconds. Default 10 min. */
  readonly jwksMaxAgeMs?: number;
  /** Other issuers whose tokens can be exchanged for tokens of this one. Default: none. */
  readonly federatedIssuers?: readonly FederatedIssuerOptions[];
  /**
   * The origins whose pages may have their refresh token in a cookie, beside that of `url`: such as
   * `https://app.example.com`. Default: none.
   */
  readonly allowedOrigins?: readonly string[];
  /**
   * The rule for passwords of this server, beside the one that holds everywhere (8 characters to 1,024 bytes). It is asked
   * when an account is added, and when a password is replaced. Default: no other rule.
   */
  readonly acceptPassword?: AcceptPassword;
  /**
   * How many attempts at passwords one address has in a minute, and one device that is known by its cookie; Infinity: no
   * limit. One address may send as many wrong client secrets, assertions and tokens of other issuers, apart from these; a
   * right one is never refused. Default 30.
   */
  readonly signInsPerMinute?: number;
  /**
   * How many sessions one subject may begin at one client in an hour; Infinity: no limit. What is more gets `RATE_LIMITED`.
   * A subject can always end its sessions, and every gate remembers each that has ended. A process counts for itself.
   * Default 36,000: as many at once, and then 10 a second.
   */
  readonly newSessionsPerHour?: number;
  /**
   * How many access tokens that it exchanged for those of one subject a client may revoke in an hour; Infinity: no limit.
   * What is more gets 429, and expires. A process counts for itself. Default 3,600: as many at once, and then one a
   * second.
   */
  readonly tokenRevocationsPerHour?: number;
  /**
   * The names that the store has had so far, to have it take `url` and `audience` instead. Default: it keeps its own.
   */
  readonly replaces?: { readonly url?: string | undefined; readonly audience?: string | undefined };
  /**
   * Which of the names the store does not keep: such as the address of a server that has another one at its next start.
   * Default: it keeps both.
   */
  readonly provisional?: readonly ("url" | "audience")[];
  /**
   * Carries messages between the processes on the store: see `MessageBus`. On Postgres, one that `reachesAllServers`, such as
   * `createNatsBus` of `@countersign/issuer/bus`, takes the place of LISTEN and NOTIFY; another one carries them beside these,
   * and is for these processes only: what can publish on it can use up the attempts of others to sign in. It stays open when
   * the issuer is closed. Default: on SQLite, there is one process.
   */
  readonly bus?: MessageBus | undefined;
  /**
   * How much of the feed of revocations is served to servers that have only `createSignals`, or false: none, and `routes`
   * has no SignalService. Default: `maxWatchers` 5,000, `maxSnapshots` 16, `maxHistory` 20,000, `maxWaitingRenewals` 1,000,
   * `renewalTimeoutMs` 1,000.
   */
  readonly signals?: Partial<SignalLimits> | false;
  /** Observes queries, refreshes and what changes, for metrics, traces and logs: see `Observer`. Default: none. */
  readonly observe?: Observer;
  /**
   * Records sign-ins, refreshes, revocations, changes of keys, accounts and clients: short for
   * `observe: { audited: (event) => audit.record(event) }`. Default: none.
   */
  readonly audit?: AuditSink;
  /** Receives what went wrong beside the calls, and what it means. Default: console.error. */
  readonly onError?: IssuerErrorSink;
  /** Receives what makes the issuer less safe, or is probably a mistake. Default: console.warn. */
  readonly onWarning?: (message: string) => void;
  /** The machine's clock; on Postgres, the time is the database's. Default: the system's. */
  readonly clock?: Clock;
  /** What makes the issuer less safe. */
  readonly insecure?: InsecureCreateIssuerOptions;
}

/** A SQLite database by its file, for one machine; or a Postgres database by its URL, for any number of servers. */
export type IssuerStoreLocation =
  /** It is made when it is missing, and its folder too, for the owner alone. */
  | { readonly sqlite: string }
  | {
      /**
       * Such as `postgres://user:password@host:port/name`, or with several hosts, of which the one that can be written is
       * used: `postgres://user@one,two/name`. It needs the package `pg`.
       */
      readonly postgres: string;
      /**
       * The URL of the same database past a pooler, for messages between servers: a pooler that hands out connections by
       * transaction carries none. Default: `postgres`.
       */
      readonly listenUrl?: string | undefined;
    };

/** A file that holds 32 random bytes in base64url. */
export interface SecretFile {
  readonly file: string;
  /**
   * Make it when it is missing, unless the store has keys that were made with another one. Default: with SQLite only,
   * since all servers on one Postgres need the same.
   */
  readonly createIfMissing?: boolean;
}

/** Receives errors that do not reach callers. `what` says what could not be done. It must not throw. */
export type IssuerErrorSink = (error: unknown, what: string) => void;

/** Relaxations of {@link createIssuer}. */
export interface InsecureCreateIssuerOptions {
  /**
   * Go on for as long as the store cannot be read, although what is revoked meanwhile is accepted. Default false: after
   * 60 s, calls are refused with `AUTH_UNAVAILABLE`.
   */
  readonly failOpen?: boolean;
  /**
   * Let `url` be `http://` elsewhere than on loopback. Only gates of this process can trust such an issuer: others fetch no
   * keys in the clear. Default false.
   */
  readonly allowHttp?: boolean;
  /**
   * Take a SQLite database and a secret file that other users can change or rename, as on volumes that are open to all.
   * Default false: they are refused, by their owner and mode and those of the directories above, as by ssh.
   */
  readonly sharedFiles?: boolean;
  /** Hash passwords at another cost than OWASP advises: see {@link PasswordCost}. */
  readonly passwordCost?: PasswordCost;
}
