import type { Principal } from "../authenticate/principal.ts";
import { toClientSubject } from "../credentials/client-names.ts";
import type { Federation } from "../credentials/federation.ts";
import { AuthError } from "../errors/auth-error.ts";
import type { AccessGrants } from "../issue/access-grants.ts";
import type { Actor } from "../issue/mint.ts";
import type { IssuedTokens } from "../issue/tokens.ts";
import type { ClientRecord } from "../store/clients.ts";
import { type Party, toActor } from "./delegation.ts";
import { limitToClient } from "./session-sign-in.ts";

/** What a token is, in the words of [RFC 8693 §3](https://www.rfc-editor.org/rfc/rfc8693#section-3). */
export type ExchangedTokenType = "access_token" | "id_token" | "jwt";

/** A token to be exchanged. */
export interface ExchangedToken {
  readonly token: string;
  readonly type: ExchangedTokenType;
}

/** What a client asks for. */
export interface ExchangeInput {
  readonly client: ClientRecord;
  /** Whom the new token is about. */
  readonly subject: ExchangedToken;
  /** Who will use it; undefined: the client. */
  readonly actor: ExchangedToken | undefined;
  /** The scopes that are asked for; none: all that can be had. */
  readonly scopes: readonly string[];
}

/** What {@link createTokenExchange} needs. */
export interface TokenExchangeOptions {
  /** Claim `iss` of our own tokens. */
  readonly issuer: string;
  /** Verifies our own access tokens. */
  readonly authenticate: (token: string) => Principal | Promise<Principal>;
  /** Reads the claim `iss` of a token, without believing it. */
  readonly issuerOf: (token: string) => string | undefined;
  readonly federation: Federation;
  readonly accessGrants: AccessGrants;
}

/**
 * Exchanges tokens.
 *
 * The new token says in `act` who acts for its subject, has at most the scopes and roles that both the subject's token
 * and the client have, and lasts no longer than the subject's token. One of ours stays in its session.
 *
 * @throws AuthError `CREDENTIALS_INVALID` when a token is not good, or names somebody else in `may_act`;
 *   `INSUFFICIENT_SCOPE`, or `AUTH_UNAVAILABLE`
 */
export type TokenExchange = (input: ExchangeInput) => Promise<IssuedTokens>;

/** Create the exchange of tokens ([RFC 8693](https://www.rfc-editor.org/rfc/rfc8693)). */
export function createTokenExchange(options: TokenExchangeOptions): TokenExchange {
  return async ({ client, subject, actor, scopes }) => {
    const owner = await identify(options, subject);
    const party = actor === undefined ? clientParty(options, client) : await identify(options, actor);
    const act: Actor = toActor(party, owner.principal);
    const access = {
      holder: limitToClient(owner, client),
      clientId: client.clientId,
      scopes,
      authTimeMs: owner.authTimeMs,
      notAfterMs: owner.expiresAtMs,
      external: owner.external,
      actor: act,
    };
    return owner.sessionId === undefined
      ? options.accessGrants.begin(access)
      : options.accessGrants.derive({ ...access, sessionId: owner.sessionId });
  };
}

interface Identity extends Party {
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  readonly authTimeMs: number | undefined;
  readonly expiresAtMs: number;
  /** Of our own tokens. */
  readonly sessionId: string | undefined;
  /** Of those of another issuer. */
  readonly external: { readonly issuer: string; readonly subject: string } | undefined;
  readonly principal: Principal;
}

async function identify(options: TokenExchangeOptions, { token, type }: ExchangedToken): Promise<Identity> {
  if (options.issuerOf(token) !== options.issuer) {
    const identity = await options.federation(token, type);
    const { issuer, subject } = identity.principal;
    return { ...identity, sessionId: undefined, names: [{ iss: issuer, sub: subject }], clientId: undefined };
  }
  if (type === "id_token") {
    throw new AuthError("CREDENTIALS_INVALID", "this server issues no ID tokens");
  }
  const principal = await authenticateOwn(options, token);
  const { subject, scopes, roles, authTimeSeconds, expiresAtSeconds, sessionId } = principal;
  return {
    ...{ subject, scopes, roles, sessionId, principal, external: undefined },
    authTimeMs: authTimeSeconds === undefined ? undefined : authTimeSeconds * 1_000,
    expiresAtMs: expiresAtSeconds * 1_000,
    names: [{ iss: options.issuer, sub: subject }],
    clientId: subject === toClientSubject(principal.clientId) ? principal.clientId : undefined,
  };
}

async function authenticateOwn(options: TokenExchangeOptions, token: string): Promise<Principal> {
  try {
    return await options.authenticate(token);
  } catch (cause) {
    if (cause instanceof AuthError && cause.reason !== "AUTH_UNAVAILABLE") {
      throw new AuthError("CREDENTIALS_INVALID", "the token is not valid, or no longer", { cause });
    }
    throw cause;
  }
}

function clientParty({ issuer }: TokenExchangeOptions, { clientId }: ClientRecord): Party {
  const subject = toClientSubject(clientId);
  return { subject, names: [{ iss: issuer, sub: subject }], clientId };
}
