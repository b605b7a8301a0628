import type { AuditSink, Clock, RefreshDecision } from "@countersign/server";
import type { SessionEvent } from "@countersign/server/internal";
import type { KeyRing } from "../keys/key-ring.ts";
import { deriveKey } from "../keys/seal.ts";
import type { Store } from "../store/database.ts";
import type { RevocationRecord } from "../store/revocations.ts";
import type { UnwrittenRevocation } from "../store/unwritten-revocations.ts";
import type { SubjectLimit } from "./subject-limit.ts";
import type { TokenClaims } from "./token-claims.ts";

/** The client of sign-ins with a password: our own pages and tools. No subject looks like it. */
export const FIRST_PARTY_CLIENT_ID = "countersign-first-party";

/** Why a session was ended. */
export type EndReason =
  | "signed_out"
  | "revoked_by_user"
  | "revoked_by_operator"
  | "account_disabled"
  | "account_removed"
  | "password_changed"
  | "client_disabled"
  | "logged_out"
  | "reuse";

/** What sessions of the subjects of another issuer may go on with. */
export interface ExternalTerms {
  /** How long after its beginning a session may be refreshed, in milliseconds. */
  readonly refreshForMs: number;
  /** The most that they can have. */
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
}

/** Learns of what was revoked by this server, so that it acts on it at once. Others read it from the store. */
export interface RevocationLearner {
  learn(records: readonly RevocationRecord[]): void;
  /**
   * Act on what could not be written, and write it as soon as it can be. Absent: sessions do not end while the store
   * cannot be written.
   *
   * @returns those that are new; undefined when so many wait that none of these is taken
   */
  hold?(revocations: readonly UnwrittenRevocation[]): readonly UnwrittenRevocation[] | undefined;
  /** Find why a session has ended, if that could not be written yet. Absent: none has. */
  endReasonOf?(sessionId: string): string | undefined;
}

/** What `createSessions` needs. */
export interface SessionsOptions {
  readonly store: Store;
  /** Signs the access tokens. */
  readonly keyRing: Pick<KeyRing, "signingKey">;
  /** The key-encryption key: see `loadSecretFile`. It proves refresh tokens genuine. */
  readonly secret: Uint8Array;
  /** Claim `iss`: the URL of this server. */
  readonly issuer: string;
  /** Claim `aud`: the resource that access tokens are for when no other is asked for. */
  readonly audience: string;
  /** The further resources that tokens can be asked for (RFC 8707). Default: none. */
  readonly resources?: readonly string[];
  /** Finds the claims of each token. Default: they are those of the store. */
  readonly tokenClaims?: TokenClaims | undefined;
  /** How long an access token lasts, in milliseconds. Default 10 min. */
  readonly accessTtlMs?: number;
  /** How long a session lasts that is not refreshed, in milliseconds. Default 7 d. */
  readonly idleTtlMs?: number;
  /** How long a session lasts, however often it is refreshed, in milliseconds. Default 30 d. */
  readonly absoluteTtlMs?: number;
  /** The terms of another issuer as they are now; undefined: its subjects' sessions cannot go on. Default: none can. */
  readonly externalTerms?: (issuer: string) => ExternalTerms | undefined;
  readonly clock: Clock;
  readonly audit: AuditSink<SessionEvent>;
  /** Observes attempts to refresh. It must not throw. Default: they are not measured. */
  readonly onRefresh?: ((decision: RefreshDecision) => void) | undefined;
  readonly revocations: RevocationLearner;
  /** How many sessions one subject begins at one client. Default: no limit. */
  readonly newSessions?: SubjectLimit | undefined;
}

/** {@link SessionsOptions} with every default filled in. */
export interface SessionContext
  extends Required<Omit<SessionsOptions, "newSessions" | "onRefresh" | "secret" | "tokenClaims">> {
  /** Undefined: subjects begin as many sessions as they like. */
  readonly newSessions: SubjectLimit | undefined;
  /** Finds the claims of each token; undefined: they are those of the store. */
  readonly tokenClaims: TokenClaims | undefined;
  /** Authenticates refresh tokens. */
  readonly macKey: Uint8Array;
  /** Goes into the key that a successor is sealed under. */
  readonly successorKey: Uint8Array;
}

const DAY_MS = 24 * 60 * 60 * 1_000;
const DEFAULT_ACCESS_TTL_MS = 10 * 60 * 1_000;

/**
 * Fill in the defaults.
 *
 * @throws TypeError when a time is not a positive number, or issuer or audience are empty
 */
export function resolveSessionsOptions(options: SessionsOptions): SessionContext {
  const { store, keyRing, secret, issuer, audience, clock, audit, revocations } = options;
  const {
    accessTtlMs = DEFAULT_ACCESS_TTL_MS,
    idleTtlMs = 7 * DAY_MS,
    absoluteTtlMs = 30 * DAY_MS,
  } = options;
  for (const [name, value] of Object.entries({ accessTtlMs, idleTtlMs, absoluteTtlMs })) {
    if (!Number.isFinite(value) || value <= 0) {
      throw new TypeError(`${name} must be a positive number of milliseconds`);
    }
  }
  if (issuer === "" || audience === "") {
    throw new TypeError("issuer and audience must not be empty");
  }
  return {
    store,
    keyRing,
    issuer,
    audience,
    resources: options.resources ?? [],
    tokenClaims: options.tokenClaims,
    accessTtlMs,
    idleTtlMs,
    absoluteTtlMs,
    externalTerms: options.externalTerms ?? (() => undefined),
    clock,
    audit,
    revocations,
    newSessions: options.newSessions,
    macKey: deriveKey(secret, "refresh-token-mac"),
    successorKey: deriveKey(secret, "refresh-token-successor"),
  };
}
