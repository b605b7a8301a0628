import { HEALTHY, withSuccess } from "./budget.ts";
import type { Clock } from "./clock.ts";
import { randomId } from "./random.ts";
import { Secret } from "./secret.ts";
import type { Draft, Follow } from "./shared-entry.ts";
import type { TokenGrant } from "./source.ts";
import type { SignedInEntry, SignedOutReason, StoreEntry } from "./store.ts";
import { arrivedLifetime } from "./token-state.ts";

/** Tokens that have just arrived, in the form in which they are stored. */
export interface Arrival
  extends Pick<
    SignedInEntry,
    "accessToken" | "refreshToken" | "scopes" | "startedAtMs" | "lifetimeMs" | "refreshExpiresAtMs"
  > {
  readonly sessionId: string | undefined;
}

/** Ask for tokens, and count their life from then. @throws whatever `request` throws */
export async function askForTokens(clock: Clock, request: () => Promise<TokenGrant>): Promise<Arrival> {
  const began = { startedAtMs: clock.nowMs(), startedMonotonicMs: clock.monotonicMs() };
  const { accessToken, refreshToken, scopes, sessionId, lifetimeMs, refreshLifetimeMs } = await request();
  return {
    sessionId,
    accessToken: new Secret(accessToken),
    refreshToken: refreshToken === undefined ? undefined : new Secret(refreshToken),
    scopes: [...scopes],
    ...arrivedLifetime({ ...began, lifetimeMs }, clock),
    refreshExpiresAtMs: refreshLifetimeMs === undefined ? undefined : began.startedAtMs + refreshLifetimeMs,
  };
}

/** Make the first entry of a session. */
export function firstEntry(arrival: Arrival): SignedInDraft {
  return {
    kind: "signed_in",
    ...arrival,
    sessionId: arrival.sessionId ?? randomId(),
    generation: 1,
    health: HEALTHY,
  };
}

/** Make the entry that follows after a refresh. What the server left out stays as it was. */
export function successorEntry(entry: SignedInEntry, arrival: Arrival): SignedInDraft {
  return {
    ...entry,
    ...arrival,
    sessionId: entry.sessionId,
    refreshToken: arrival.refreshToken ?? entry.refreshToken,
    generation: entry.generation + 1,
    intent: undefined,
    health: withSuccess(entry.health),
  };
}

type SignedInDraft = Omit<SignedInEntry, "revision">;

/** Make the entry that ends a session: no tokens are left in it. */
export function endEntry({ sessionId, generation }: SignedInEntry, reason: SignedOutReason): Draft {
  return { kind: "signed_out", sessionId, generation, reason };
}

/** Say whether a stored entry is the same session, alive. */
export function isSameSession(
  stored: StoreEntry | undefined,
  entry: Pick<SignedInEntry, "sessionId">,
): stored is SignedInEntry {
  return stored?.kind === "signed_in" && stored.sessionId === entry.sessionId;
}

/** Say whether a stored entry is the same session with the same tokens. */
export function isInForce(stored: StoreEntry | undefined, entry: SignedInEntry): stored is SignedInEntry {
  return isSameSession(stored, entry) && stored.generation === entry.generation;
}

/** Let something follow an entry as long as its generation is in force; notes of others are kept. */
export function whileInForce(entry: SignedInEntry, follow: (current: SignedInEntry) => Draft): Follow {
  return (current) => (isInForce(current, entry) ? follow(current) : undefined);
}
