import type { Principal } from "@countersign/server";
import { AuthError } from "@countersign/server";
import { createConcurrencyLimit, type TokenOrigin } from "@countersign/server/internal";
import type { FederatedIdentity } from "../credentials/federated-identity.ts";
import type { ExchangedTokenType, Federation } from "../credentials/federation.ts";
import type { AccessGrants, NewAccess } from "../sessions/access-grants.ts";
import type { IssuedTokens } from "../sessions/tokens.ts";
import { findAccountBySubject } from "../store/accounts.ts";
import { type ClientRecord, findClient } from "../store/clients.ts";
import { NO_CLAIMS } from "../store/custom-claims.ts";
import type { Store } from "../store/database.ts";
import type { SessionUse } from "../store/session-record.ts";
import { readOwnActor, takeOverActor, toActor, toClientParty } from "./delegation.ts";
import { beginFederatedSession, limitToClient, type SessionBeginners } from "./federated-session.ts";
import { carryMayAct, type Party } from "./may-act.ts";
import { type OwnIdentity, readOwnIdentity } from "./own-identity.ts";
import { assertSender, type SenderProof } from "./sender-proof.ts";

/** A token to be exchanged. */
export interface ExchangedToken {
  readonly token: string;
  readonly type: ExchangedTokenType;
}

/** What a client asks for. */
export interface ExchangeInput extends SenderProof {
  readonly client: ClientRecord;
  /** Whom the new token is about. */
  readonly subject: ExchangedToken;
  /** Who will use it; undefined: the client. */
  readonly actor: ExchangedToken | undefined;
  /** The scopes that are asked for; none: all that can be had. */
  readonly scopes: readonly string[];
  /** The resources that the token is to be for (RFC 8707); none: the audience of the issuer. Default: none. */
  readonly resources?: readonly string[] | undefined;
  /** Where it asks from, in the form that limits count by: checks of tokens wait with those of the same peer. */
  readonly peer: string;
  /** Where it asks from. Default: not known. */
  readonly use?: SessionUse | undefined;
}

/** What {@link createTokenExchange} needs. */
export interface TokenExchangeOptions extends SessionBeginners {
  /** Claim `iss` of our own tokens. */
  readonly issuer: string;
  /** Has the accounts and clients that tokens of ours are about. */
  readonly store: Store;
  /** Verifies our own access tokens. */
  readonly authenticate: (token: string, origin: TokenOrigin) => Principal | Promise<Principal>;
  /** Reads the claim `iss` of a token, without believing it. */
  readonly issuerOf: (token: string) => string | undefined;
  readonly federation: Federation;
  readonly accessGrants: AccessGrants;
}

/**
 * Exchanges tokens.
 *
 * The new token says in `act` who acts for its subject, keeps `may_act`, and has at most the scopes and roles that both
 * the subject's token and the client have. One of ours stays in its session, lasts no longer, and has no refresh token beside it: its
 * user decides how long it goes on. One of another issuer begins a session: see {@link beginFederatedSession}.
 *
 * @throws AuthError `CREDENTIALS_INVALID` when a token is not good, or names another party in `may_act`;
 *   `INSUFFICIENT_SCOPE`, `AUTH_UNAVAILABLE`, or `RATE_LIMITED` when too many tokens wait
 * @throws InvalidTargetError when a resource is asked for that this issuer gives out no tokens for
 */
export type TokenExchange = (input: ExchangeInput) => Promise<IssuedTokens>;

/** As many as of sign-ins with tokens of other issuers. What waits for keys holds no place, and 1,000 wait at the most. */
const CHECKING = { maxRunning: 16, maxWaiting: 1_000, message: "too many exchanges are waiting" };

type Identity =
  | { readonly kind: "own"; readonly identity: OwnIdentity }
  | { readonly kind: "federated"; readonly identity: FederatedIdentity };

/** Where an exchange comes from: the client has proven who it is. */
interface ExchangeOrigin extends Pick<TokenOrigin, "peer">, SenderProof {
  readonly clientId: string;
}

/** Create the exchange of tokens ([RFC 8693](https://www.rfc-editor.org/rfc/rfc8693)). */
export function createTokenExchange(options: TokenExchangeOptions): TokenExchange {
  const limit = createConcurrencyLimit(CHECKING);
  const identifyAny = async ({ token, type }: ExchangedToken, origin: ExchangeOrigin): Promise<Identity> => {
    if (options.issuerOf(token) !== options.issuer) {
      const source = { address: origin.peer, account: origin.clientId, isKnown: true };
      const identity = await limit(source, (leavePlace) =>
        options.federation(token, type, { peer: origin.peer, leavePlace }),
      );
      return { kind: "federated", identity };
    }
    if (type === "id_token") {
      throw new AuthError("CREDENTIALS_INVALID", "this server issues no ID tokens");
    }
    return { kind: "own", identity: await readOwnIdentity(() => options.authenticate(token, origin)) };
  };
  const identify = async (token: ExchangedToken, origin: ExchangeOrigin): Promise<Identity> => {
    const found = await identifyAny(token, origin);
    assertSender(found.identity.principal, origin);
    return found;
  };
  return async ({ client, subject, actor, scopes, resources, peer, use, ...sender }) => {
    const origin = { ...sender, peer, clientId: client.clientId };
    const owner = await identify(subject, origin);
    const party =
      actor === undefined
        ? toClientParty(client.clientId, options.issuer)
        : toParty(await identify(actor, origin));
    const { principal } = owner.identity;
    const before = owner.kind === "own" ? readOwnActor(principal) : takeOverActor(principal);
    // What a token becomes is bound as it was, when the client binds it to nothing else.
    const binding = sender.binding ?? principal.binding;
    const act = toActor(party, principal, before);
    if (owner.kind === "federated") {
      // An actor with a token of its own acts for as long as that one lasts, and proves itself anew.
      const canRefresh = actor === undefined;
      const { identity } = owner;
      const type = "token_exchange";
      const wish = { scopes, resources, binding, use };
      const session = { ...wish, identity, type, client, actor: act, canRefresh } as const;
      return beginFederatedSession(options, session);
    }
    const { identity } = owner;
    const standing = await findStanding(options.store, identity);
    return options.accessGrants.derive({
      ...identity,
      account: standing.account,
      claims: { ...carryMayAct(principal), ...standing.claims },
      type: "token_exchange",
      holder: limitToClient(identity, client),
      clientId: client.clientId,
      scopes,
      resources,
      binding,
      actor: act,
      notAfterMs: identity.expiresAtMs,
    });
  };
}

/** Read what the store has of whom a token is about: what stands in the new one is as it is now. */
async function findStanding(
  store: Store,
  { subject, ownClientId }: OwnIdentity,
): Promise<Pick<NewAccess, "account" | "claims">> {
  if (ownClientId !== undefined) {
    return { account: undefined, claims: (await findClient(store, ownClientId))?.claims ?? NO_CLAIMS };
  }
  const account = await findAccountBySubject(store, subject);
  return account === undefined
    ? { account: undefined, claims: NO_CLAIMS }
    : { account: { subject, username: account.username }, claims: account.claims };
}

function toParty({ kind, identity }: Identity): Party {
  const { issuer, subject } = identity.principal;
  const names = [{ iss: issuer, sub: subject }];
  return { subject: identity.subject, names, clientId: kind === "own" ? identity.ownClientId : undefined };
}
