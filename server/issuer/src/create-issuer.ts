import type { ConnectRouter } from "@connectrpc/connect";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { SignalService } from "@countersign/gen/countersign/auth/v1/signal_pb.js";
import type { Clock, DpopOptions, Endpoint, IssuerOptions, LogoutSink } from "@countersign/server";
import { composeDocuments, composeEndpoints } from "./create-issuer/endpoints.ts";
import { resolveFederatedIssuer } from "./create-issuer/federated-issuer.ts";
import { createIssuance, type Issuance } from "./create-issuer/issuance.ts";
import { type IssuerContext, openIssuerContext } from "./create-issuer/issuer-context.ts";
import { type IssuerState, readState } from "./create-issuer/issuer-state.ts";
import type { CreateIssuerOptions } from "./create-issuer/options.ts";
import { askForNonces, type OwnNonces } from "./create-issuer/own-nonces.ts";
import { resolveCreateIssuerOptions } from "./create-issuer/resolve-options.ts";
import { openSignals } from "./create-issuer/signals.ts";
import { toTrust } from "./create-issuer/trust.ts";
import { type Accounts, createAccounts } from "./credentials/accounts.ts";
import { type Clients, createClients } from "./credentials/clients.ts";
import { toFederatedSubject } from "./credentials/federated-identity.ts";
import { createPasswords } from "./credentials/password.ts";
import type { KeyRing } from "./keys/key-ring.ts";
import { createLogoutSink } from "./revoke/logout-sink.ts";
import type { Revocations } from "./revoke/revocations.ts";
import { createSessionService } from "./services/session-service.ts";
import { createHashReplacer } from "./sessions/replace-password.ts";
import type { Sessions } from "./sessions/sessions.ts";
import { createSignalService } from "./signals/signal-service.ts";
import { pingStore, type Store } from "./store/database.ts";
import { OWN_ISSUER } from "./store/revocations.ts";

/** An issuer of tokens: signs in, refreshes, signs out, rotates its keys, and knows what is revoked. */
export interface Issuer extends AsyncDisposable {
  /** Its name: claim `iss` of its tokens. */
  readonly url: string;
  /**
   * How gates of this process trust it: for `issuers` of `createAuth`, which then refuses revoked tokens, ends revoked
   * streams, and has streams renewed on whichever server of the store has them. It goes by `clock`, unless it is given
   * another.
   */
  readonly trust: IssuerOptions;
  /** Register SessionService, and SignalService unless `signals` is false, for `routes` of `createAuth`. */
  readonly routes: (router: ConnectRouter) => void;
  /** The public documents by their path: the key set, and what clients discover. */
  readonly documents: Readonly<Record<string, Endpoint>>;
  /** The OAuth endpoints by their path. */
  readonly endpoints: Readonly<Record<string, Endpoint>>;
  /**
   * What has been revoked, here and by the other servers on the store. An order to revoke is about the tokens of this
   * issuer, unless it names another one.
   */
  readonly revocations: Pick<Revocations, "isRevoked" | "onRevoked" | "revoke" | "size" | "unwritten">;
  /**
   * Writes what other identity providers say has ended into the store: for `sink` of `createLogoutReceiver`. All servers on the
   * store, and those with `createSignals`, then refuse the tokens.
   */
  readonly logouts: LogoutSink;
  /** The sessions: list them, end them, or begin one for a sign-in of your own. */
  readonly sessions: Sessions;
  /** The accounts that sign in with a password. */
  readonly accounts: Accounts;
  /** The clients that sign in with a secret or a key. */
  readonly clients: Clients;
  /** The keys that sign access tokens. */
  readonly keys: Pick<KeyRing, "compromise" | "list" | "rotate">;
  /** The time that it goes by: on Postgres the database's, the same for all servers on it. */
  readonly clock: Clock;
  /**
   * Ask whether it can grant tokens now, for a load balancer.
   *
   * @throws AuthError `AUTH_UNAVAILABLE`, or Error, when its keys or its store cannot be used, or revocations wait to be
   *   written
   */
  assertUsable(): Promise<void>;
  /** Close all that it has opened. Later calls wait for the same end. */
  close(): Promise<void>;
}

/** An issuer with what only our own packages use. */
export interface OpenIssuer extends Issuer {
  readonly store: Store;
  /** The state that it is in, for who operates it. */
  state(): IssuerState;
  /** How it judges DPoP proofs, where it goes by nonces of its own: for `dpop` of `createAuth`. */
  readonly dpop: DpopOptions;
}

/**
 * Create an issuer on a store. It makes and updates the tables, makes the first keys, and reads what is revoked before
 * this resolves.
 *
 *     const issuer = await createIssuer({ store: { sqlite: "data/countersign.db" }, secret: { file: "data/secret" }, url, audience });
 *     const auth = createAuth({ routes: (router) => issuer.routes(router), issuers: [issuer.trust], audience });
 *
 * @throws TypeError when an option makes no sense
 * @throws IssuerError when the store or the secret cannot be used; nothing is left open
 */
export function createIssuer(options: CreateIssuerOptions): Promise<Issuer> {
  return openIssuer(options);
}

/** Create an issuer, as {@link createIssuer} does. */
export async function openIssuer(options: CreateIssuerOptions, own: OwnNonces = {}): Promise<OpenIssuer> {
  const resolved = resolveCreateIssuerOptions(options);
  await using opened = new AsyncDisposableStack();
  const { context, dpop } = askForNonces(await openIssuerContext(resolved, opened), own);
  const issuer = { ...compose(context, opened), dpop };
  const resources = opened.move();
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= resources.disposeAsync();
    return closing;
  };
  return { ...issuer, close, [Symbol.asyncDispose]: close };
}

type Composed = Omit<OpenIssuer, "close" | "dpop" | typeof Symbol.asyncDispose>;

function compose(context: IssuerContext, opened: AsyncDisposableStack): Composed {
  const { options, store, clock, secret, keyRing, revocations } = context;
  const { url, audience, resources, observer, onError, onWarning } = options;
  const federated = options.federatedIssuers.map((other) =>
    resolveFederatedIssuer(other, { url, audience, clock, observer, onWarning }),
  );
  for (const { trusted } of federated) {
    trusted.keys.prefetch?.();
  }
  const issuance = createIssuance(context, federated, opened);
  const { sessions } = issuance;
  const trust = toTrust({
    url,
    audience,
    resources,
    keySource: keyRing.keySource,
    signals: openSignals({ store, secret, clock, revocations, onError }, opened),
  });
  return {
    url,
    trust,
    routes: createRoutes(context, issuance),
    documents: composeDocuments(context),
    endpoints: composeEndpoints(context, { issuance, trust }),
    revocations: toRevocations(revocations),
    logouts: composeLogouts(context),
    sessions,
    accounts: composeAccounts(context, sessions),
    clients: composeClients(context, sessions),
    keys: {
      list: () => keyRing.list(),
      rotate: (change) => keyRing.rotate(change),
      compromise: (kid) => keyRing.compromise(kid),
    },
    clock,
    store,
    state: () => readState(context),
    assertUsable: () => assertUsable(context),
  };
}

/** A store that has answered so short a time ago, in milliseconds, is not asked once more: what is revoked is read that often. */
const ANSWERED_WITHIN_MS = 3_000;

async function assertUsable({ store, keyRing, revocations }: IssuerContext): Promise<void> {
  keyRing.signingKey();
  if (!revocations.hasReadWithin(ANSWERED_WITHIN_MS)) {
    await pingStore(store);
  }
  await store.writes.assertWritable();
  if (revocations.unwritten > 0) {
    throw new Error("revocations wait to be written");
  }
}

function composeLogouts({ options, store, clock, revocations }: IssuerContext): LogoutSink {
  const { audit } = options;
  return createLogoutSink({ store, clock, revocations, toOwnSubject: toFederatedSubject, audit });
}

function composeAccounts(
  { options, store, clock, revocations }: IssuerContext,
  sessions: Sessions,
): Accounts {
  return createAccounts({
    store,
    clock,
    audit: options.audit,
    sessions,
    revocations,
    hasClaimsHook: options.claims !== undefined,
    passwords: createPasswords(options.passwordCost),
    acceptPassword: options.acceptPassword,
    replaceHash: createHashReplacer({ store, clock, revocations, audit: options.audit }),
  });
}

function composeClients({ options, store, clock, revocations }: IssuerContext, sessions: Sessions): Clients {
  const { audit, claims } = options;
  return createClients({ store, clock, audit, sessions, revocations, hasClaimsHook: claims !== undefined });
}

/** Revocations without what only their issuer may do: start, close, and take in what it has written itself. */
function toRevocations(revocations: Revocations): Issuer["revocations"] {
  return {
    isRevoked: (token) => revocations.isRevoked(token),
    onRevoked: (listener) => revocations.onRevoked(listener),
    // Another issuer may use the same identifier for something else.
    revoke: (order) => revocations.revoke({ ...order, issuer: order.issuer ?? OWN_ISSUER }),
    get size() {
      return revocations.size;
    },
    get unwritten() {
      return revocations.unwritten;
    },
  };
}

/**
 * How large a message to the services may be, in bytes. Callers without a token may send them to SessionService, many at a
 * time, and each is held in memory.
 */
const MAX_MESSAGE_BYTES = 64 * 1024;

/** The same for SignalService, where callers have a token: the names of 1,000 streams and their owners, and a token. */
const MAX_SIGNAL_BYTES = 128 * 1024;

function createRoutes(
  { options, clock, signals }: IssuerContext,
  { sessions, signIn, readProvenKey }: Issuance,
): Issuer["routes"] {
  const service = createSessionService({
    sessions,
    signIn,
    readProvenKey,
    issuer: options.url,
    maxTokenBytes: options.maxTokenBytes,
    isCookieOrigin: (origin) => options.cookieOrigins.has(origin),
    clock,
  });
  const { url: issuer, maxTokenBytes } = options;
  const feed =
    signals && createSignalService({ hub: signals.hub, renewals: signals.renewals, issuer, maxTokenBytes });
  return (router) => {
    router.service(SessionService, service, { readMaxBytes: MAX_MESSAGE_BYTES });
    if (feed !== undefined) {
      router.service(SignalService, feed, { readMaxBytes: MAX_SIGNAL_BYTES });
    }
  };
}
