import { Code, ConnectError } from "@connectrpc/connect";
import { HEALTHY, withNetwork, withSuccess } from "./budget.ts";
import type { Clock } from "./clock.ts";
import { randomId } from "./random.ts";
import { Secret } from "./secret.ts";
import type { SessionContext } from "./session-context.ts";
import type { Change, Draft } from "./shared-entry.ts";
import type { TokenGrant } from "./source.ts";
import type { SignedInEntry, SignedOutReason, StoreEntry } from "./store.ts";
import { arrivedLifetime } from "./token-state.ts";
import { withTimeout } from "./waiting.ts";

/** Tokens that have just arrived, in the form in which they are stored. */
export interface Arrival
  extends Pick<
    SignedInEntry,
    | "accessToken"
    | "refreshToken"
    | "idToken"
    | "tokenType"
    | "proofKey"
    | "scopes"
    | "startedAtMs"
    | "lifetimeMs"
    | "refreshExpiresAtMs"
  > {
  readonly sessionId: string | undefined;
}

// What a header can carry (RFC 6750 §2.1), and a little more. The rest would show up in the errors of what refuses it.
const USABLE_TOKEN = /^[!-~]+$/;
const MIN_LIFETIME_MS = 1;

/**
 * Ask for tokens, and count their life from then.
 *
 * @param minLifetimeMs 0 when the token may be over already; default 1
 * @throws whatever `request` throws; ConnectError Unknown when what it answers is no token or has no life: transient
 * on purpose, since an empty 200 comes from a proxy and not from the server
 */
export async function askForTokens(
  clock: Clock,
  request: () => Promise<TokenGrant>,
  minLifetimeMs: number = MIN_LIFETIME_MS,
): Promise<Arrival> {
  const began = { startedAtMs: clock.nowMs(), startedMonotonicMs: clock.monotonicMs() };
  const grant = await request();
  const { accessToken, refreshToken, idToken, tokenType, proofKey, scopes, sessionId, refreshLifetimeMs } =
    grant;
  // Three hundred years: what lasts for ever could be neither stored nor be a date.
  const maxLifetimeMs = 9e12;
  const lifetimeMs = Math.min(Math.max(0, grant.lifetimeMs), maxLifetimeMs);
  // Programs without types may hand out anything.
  const isToken = typeof accessToken === "string" && USABLE_TOKEN.test(accessToken);
  if (!isToken || !(lifetimeMs >= minLifetimeMs)) {
    throw new ConnectError("no usable token", Code.Unknown);
  }
  return {
    sessionId,
    accessToken: new Secret(accessToken),
    refreshToken: toSecret(refreshToken),
    idToken: toSecret(idToken),
    tokenType,
    proofKey,
    scopes: [...scopes],
    ...arrivedLifetime({ ...began, lifetimeMs }, clock),
    refreshExpiresAtMs: refreshLifetimeMs && began.startedAtMs + refreshLifetimeMs,
  };
}

function toSecret(token: string | undefined): Secret | undefined {
  return token ? new Secret(token) : undefined;
}

/** Ask for the next tokens of a session, once. @throws whatever the source throws, DeadlineExceeded after `timeoutMs` */
export function askForSuccessor(
  { clock, source, binding }: SessionContext,
  entry: SignedInEntry,
  timeoutMs?: number,
): Promise<Arrival> {
  const refreshToken = entry.refreshToken?.reveal();
  const refreshId = entry.intent?.refreshId ?? randomId();
  const prover = binding?.proverOf(entry);
  const refresh = (signal: AbortSignal) => source.refresh({ refreshToken, refreshId, signal, prover });
  // Of a refresh that is repeated long after, the token may be over, but not that of the next one as well.
  const minLifetimeMs = entry.lifetimeMs > 0 ? 0 : MIN_LIFETIME_MS;
  return askForTokens(clock, () => withTimeout(clock, refresh, timeoutMs), minLifetimeMs);
}

/** Check whether tokens are for this session. The cookie may hold another session's by now. */
export function isFor({ sessionId }: Arrival, entry: SignedInEntry): boolean {
  return (sessionId ?? entry.sessionId) === entry.sessionId;
}

/** Make the first entry of a session. */
export function firstEntry(arrival: Arrival): Omit<SignedInEntry, "revision"> {
  return {
    kind: "signed_in",
    ...arrival,
    sessionId: arrival.sessionId ?? randomId(),
    generation: 1,
    nextRefreshId: randomId(),
    health: HEALTHY,
  };
}

/** Make the entry that follows after a refresh. What the server left out stays as it was. */
export function successorEntry(entry: SignedInEntry, arrival: Arrival): Omit<SignedInEntry, "revision"> {
  return {
    ...entry,
    ...arrival,
    sessionId: entry.sessionId,
    refreshToken: arrival.refreshToken ?? entry.refreshToken,
    idToken: arrival.idToken ?? entry.idToken,
    proofKey: arrival.proofKey ?? entry.proofKey,
    generation: entry.generation + 1,
    intent: undefined,
    nextRefreshId: randomId(),
    health: withSuccess(entry.health),
  };
}

/**
 * Make the entry that follows after the user has signed in again, of the same session. The refresh token, where there is
 * no new one, and a refresh that is under way go on.
 */
export function steppedUpEntry(current: SignedInEntry, arrival: Arrival): Draft {
  const { intent, nextRefreshId, refreshExpiresAtMs } = current;
  const kept = arrival.refreshToken ? {} : { intent, nextRefreshId, refreshExpiresAtMs };
  return { ...successorEntry(current, arrival), ...kept };
}

/** Make the entry that ends a session: no tokens are left in it. */
export function endEntry({ sessionId, generation }: SignedInEntry, reason: SignedOutReason): Draft {
  return { kind: "signed_out", sessionId, generation, reason };
}

/** Let a session that waits after failed refreshes try again at once: the network is back. */
export function whenNetworkIsBack(current: StoreEntry | undefined): Change<never> {
  if (current?.kind !== "signed_in") {
    return {};
  }
  const health = withNetwork(current.health);
  return health === current.health ? {} : { draft: { ...current, health } };
}

/** Check whether a stored entry is the same session, alive. */
export function isSameSession(
  stored: StoreEntry | undefined,
  entry: Pick<SignedInEntry, "sessionId"> | undefined,
): stored is SignedInEntry {
  return stored?.kind === "signed_in" && stored.sessionId === entry?.sessionId;
}

/** Check whether a stored entry is the same session with the same tokens. */
export function isInForce(stored: StoreEntry | undefined, entry: SignedInEntry): stored is SignedInEntry {
  return isSameSession(stored, entry) && stored.generation === entry.generation;
}
