import type { ProofKey, Prover, TokenBinding } from "./token-binding.ts";

/** Tokens as a server hands them out. */
export interface TokenGrant {
  readonly accessToken: string;
  /** How long the access token lasts, counted from when it was asked for. */
  readonly lifetimeMs: number;
  /** Absent when it is in a cookie, or the source needs none. */
  readonly refreshToken?: string | undefined;
  /** How long the refresh token lasts if it is not used. */
  readonly refreshLifetimeMs?: number | undefined;
  readonly scopes: readonly string[];
  /** Absent when the server has no name for sessions: the SDK then makes one up. */
  readonly sessionId?: string | undefined;
  /** How the access token is sent. Default: `DPoP` when it is a JWT that names a key (`cnf.jkt`), else `Bearer`. */
  readonly tokenType?: string | undefined;
  /** The key that the tokens are bound to. Default: that of the prover that they were asked for with. */
  readonly proofKey?: ProofKey | undefined;
  /** What an OpenID provider says about the user. It is kept with the session for {@link TokenSource.revoke}. */
  readonly idToken?: string | undefined;
}

/** How a source proves its requests. */
export interface Proving {
  /** Proves that a request comes from who has the key of the session. Absent: the session has no `dpop`. */
  readonly prover?: Prover | undefined;
}

/** The tokens of a session that ends, beside its access token. */
export interface LastTokens extends Pick<TokenGrant, "refreshToken" | "idToken">, Proving {}

/** The session that is to go on when its user signs in again. */
export interface SignInContext extends Proving {
  /** The session, if the user proves it anew: it goes on if it is of the same account. */
  readonly sessionId?: string | undefined;
}

/** One attempt of a refresh. */
export interface RefreshAttempt extends Proving {
  readonly refreshToken: string | undefined;
  /** The name of the refresh; the same in every attempt of it. */
  readonly refreshId: string;
  /** Aborts when the attempt has taken too long. */
  readonly signal: AbortSignal;
}

/** A stream, and where it is open. */
export interface StreamRef {
  /** The name that it was opened with. */
  readonly streamId: string;
  /** The process of the server that has it. Undefined: its answer has not come yet, or does not say so. */
  readonly owner?: string | undefined;
}

/** Open streams of one server that are to go on with a newer token. */
export interface StreamRenewal extends Proving {
  /** The server: the base URL of the calls that have opened them. */
  readonly baseUrl: string;
  /** The streams, at most 1,000. */
  readonly streams: readonly StreamRef[];
  /** Their names. */
  readonly streamIds: readonly string[];
  readonly accessToken: string;
  /** Aborts when the renewal has taken too long. */
  readonly signal: AbortSignal;
}

/**
 * Where tokens come from. Every method rejects when the server cannot be reached or refuses; what a rejection
 * means is decided in one place for all sources.
 */
export interface TokenSource {
  /** Whether the server answers a repeated refresh of the same name with the same tokens. */
  readonly repeatable: boolean;
  /**
   * For how long a server that is not `repeatable` takes the same refresh token again, in milliseconds: within
   * it, a refresh whose answer was lost is sent once more. Default 0: never.
   */
  readonly resendGraceMs?: number | undefined;
  /** Get the next tokens of a session. */
  refresh(attempt: RefreshAttempt): Promise<TokenGrant>;
  /** End the session of this access token, and of the others that the SDK holds of it: none where there are none. */
  revoke(accessToken: string, signal: AbortSignal, others?: LastTokens): Promise<unknown>;
  /** Get tokens without a user, when the source can: a session of it signs itself in when it is used. */
  acquire?(signal: AbortSignal, proving?: Proving): Promise<TokenGrant>;
  /** Give open streams a newer token, when the server can. @returns the names of those that go on */
  readonly renewStreams?: (renewal: StreamRenewal) => Promise<readonly string[]>;
  /** Binds the tokens of its sessions to keys. Default: the option `dpop` of the session, if it has one. */
  readonly dpop?: TokenBinding | undefined;
  /**
   * Begin a session with a name and a password, when the source can.
   *
   * @param context how requests are proven, and the session that is to go on
   */
  signIn?(credential: PasswordCredential, signal: AbortSignal, context?: SignInContext): Promise<TokenGrant>;
}

/** How long an access token is to last at the most, in milliseconds; undefined: as long as the server likes. */
export type MaxTokenLife = () => number | undefined;

/** A user's name and password, and what the session should be allowed. */
export interface PasswordCredential {
  readonly username: string;
  readonly password: string;
  /** The scopes that are wanted. Default: all that the account has. */
  readonly scopes?: readonly string[] | undefined;
  /** The APIs that the tokens are to be for, of those of the server (RFC 8707). Default: its audience. */
  readonly resources?: readonly string[] | undefined;
  /** What the user's list of sessions is to call this device, at most 256 bytes. Default: its user agent. */
  readonly device?: string | undefined;
}
