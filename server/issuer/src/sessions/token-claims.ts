import { AuthError, type Clock } from "@countersign/server";
import { type CustomClaims, copyClaims, mergeClaims } from "../store/custom-claims.ts";
import type { Actor, ExternalSubject } from "../store/session-record.ts";

/** An access token that is about to be made, for option `claims` of `createIssuer`. */
export interface ClaimsGrant {
  /** What it is made for. `sign_in` also when a user proves again who they are within a session (RFC 9470). */
  readonly type: "sign_in" | "refresh" | "token_exchange" | "client_credentials";
  /** Claim `sub` of the token. */
  readonly subject: string;
  /** The account that it is about; undefined for a client, and for a user of another issuer. */
  readonly account: { readonly subject: string; readonly username: string } | undefined;
  /** Claim `client_id` of the token. */
  readonly clientId: string;
  /** Claim `sid` of the token. */
  readonly sessionId: string;
  /** What the token allows. */
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  /** Claim `aud` of the token. */
  readonly audience: readonly string[];
  /** Who the subject is to another issuer; undefined for those of this one. */
  readonly external: ExternalGrant | undefined;
  /** Who acts for the subject; undefined: the subject itself. */
  readonly actor: Actor | undefined;
  /**
   * The claims that the account or the client has in the store, and else `may_act` of the token that is exchanged. They
   * stand in the token, unless the answer replaces them.
   */
  readonly claims: CustomClaims;
}

/** Who a subject is to another issuer. */
export interface ExternalGrant extends ExternalSubject {
  /** The claims of that issuer's token, when one was just sent; undefined at a refresh. */
  readonly claims: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Finds what an access token says beside what the issuer puts in: option `claims` of `createIssuer`. A claim that is
 * undefined is left out.
 */
export type ClaimsHook = (grant: ClaimsGrant) => unknown;

/** Finds the custom claims of a token. @throws AuthError `AUTH_UNAVAILABLE` when they cannot be had */
export type TokenClaims = (grant: ClaimsGrant) => Promise<CustomClaims>;

/** What {@link createTokenClaims} needs. */
export interface TokenClaimsOptions {
  readonly hook: ClaimsHook;
  readonly clock: Clock;
  /** Receives the reason why claims cannot be had. It must not throw. */
  readonly onError: (error: unknown) => void;
}

/** How long the hook may take, in milliseconds: a caller waits for it. */
const HOOK_TIMEOUT_MS = 2_000;

/**
 * Create what asks a hook for the claims of tokens. Without its answer there is no token: one that lacks a claim may be
 * worth more than one that has it.
 */
export function createTokenClaims({ hook, clock, onError }: TokenClaimsOptions): TokenClaims {
  return async (grant) => {
    try {
      // A copy: only what the hook answers is held to the rules, so what it does to the grant must change no token.
      const answer = await answerInTime(() => hook(structuredClone(grant)), clock);
      return mergeClaims(grant.claims, copyClaims(answer));
    } catch (cause) {
      onError(cause);
      throw new AuthError("AUTH_UNAVAILABLE", "the claims of the token cannot be had just now", { cause });
    }
  };
}

/** Find the claims of a token where there may be no hook: then they are those of the store. */
export async function claimsOf(
  tokenClaims: TokenClaims | undefined,
  grant: ClaimsGrant,
): Promise<CustomClaims> {
  return tokenClaims === undefined ? grant.claims : tokenClaims(grant);
}

function answerInTime(ask: () => unknown, clock: Clock): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const cancel = clock.schedule(
    () => reject(new Error(`the hook claims did not answer within ${HOOK_TIMEOUT_MS} ms`)),
    HOOK_TIMEOUT_MS,
    { keepsProcessAlive: true },
  );
  new Promise((settle) => settle(ask())).then(resolve, reject).finally(cancel);
  return promise;
}
