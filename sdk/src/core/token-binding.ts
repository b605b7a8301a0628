import type { ConnectError } from "@connectrpc/connect";
import type { SignedInEntry } from "./store.ts";

/**
 * The key that tokens are bound to: as a browser keeps it, which hands it out to no script, or as text, a private JWK, for
 * stores of text.
 */
export type ProofKey = NonNullable<SignedInEntry["proofKey"]>;

/** Tokens, and the key that they may be bound to. */
export type Provable = Partial<Pick<SignedInEntry, "accessToken" | "tokenType" | "proofKey">>;

/** A request that is about to be sent. */
export interface ProvenRequest {
  /** Where it goes. What follows a `?` is not looked at. */
  readonly url: string;
  /** The method of HTTP. Default `POST`. */
  readonly httpMethod?: string | undefined;
  /** The access token that it carries. Default: none. */
  readonly accessToken?: string | undefined;
}

/** A call that is about to be made. */
export interface ProvenCall {
  readonly url: string;
  /** The method of HTTP. */
  readonly requestMethod: string;
  /** Its headers, which the token and the proof are put into. */
  readonly header: Headers;
}

/** The answer to a call. */
export interface CallAnswer {
  readonly header: Headers;
}

/** The headers of a request, by name. */
export type ProofHeaders = Readonly<Record<string, string>>;

/** Sends one request with these headers, and hands over those of the answer. */
export type RunRequest<T> = (headers: ProofHeaders, onHeader: (answer: Headers) => void) => Promise<T>;

/** Proves requests with the key of one session. */
export interface Prover {
  /**
   * Find the key; make one for a session that begins, or that is bound to none yet.
   *
   * @returns `undefined` when the tokens are bound to a key that is gone
   */
  readonly key: () => Promise<ProofKey | undefined>;
  /** The same for what signs by itself. @throws TokenSourceError `final` when the key of the tokens is gone */
  readonly keyPair: () => Promise<CryptoKeyPair>;
  /**
   * Send a request of a source: once more when another proof may be taken.
   *
   * @throws whatever `run` throws; TokenSourceError `config` when the server refuses the proof, `final` when the key of the
   *   tokens is gone
   */
  readonly send: <T>(request: ProvenRequest, run: RunRequest<T>) => Promise<T>;
  /**
   * Put a token and a proof into the headers of a call, and make it.
   *
   * @throws whatever `run` throws; ConnectError Unauthenticated when the key of the tokens is gone
   */
  readonly call: <T extends CallAnswer>(call: ProvenCall, run: () => Promise<T>) => Promise<T>;
  /** Take in what the server says with the refusal of a call. @returns whether it may take another proof now */
  readonly mayRetry: (url: string, refusal: ConnectError) => boolean;
}

/** Binds the tokens of sessions to keys, so that a copy of a token is worth nothing: `dpop()` makes one. */
export interface TokenBinding {
  /** Prove requests with the key of these tokens. */
  readonly proverOf: (tokens: Provable) => Prover;
  /** Make a key, and keep it for another page of the origin: a sign-in goes on there. */
  readonly keepKey: (name: string) => Promise<ProofKey>;
  /** Take the key that was kept under a name; `undefined` when there is none. */
  readonly takeKey: (name: string) => Promise<ProofKey | undefined>;
}

/** Send a request of a source without a proof. */
export const sendBearer: Prover["send"] = ({ accessToken }, run) =>
  run(accessToken ? { authorization: `Bearer ${accessToken}` } : {}, () => {});
