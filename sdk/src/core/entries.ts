import { HEALTHY, withSuccess } from "./budget.ts";
import { randomId } from "./random.ts";
import { Secret } from "./secret.ts";
import type { TokenGrant } from "./source.ts";
import type { SignedInEntry, SignedOutEntry, SignedOutReason, StoreEntry } from "./store.ts";

/** Make the first entry of a session. */
export function firstEntry(grant: TokenGrant, startedAtMs: number): SignedInEntry {
  return {
    kind: "signed_in",
    revision: randomId(),
    sessionId: grant.sessionId ?? randomId(),
    generation: 1,
    ...tokensOf(grant, startedAtMs),
    health: HEALTHY,
  };
}

/** Make the entry that follows after a refresh. What the grant leaves out stays as it was. */
export function successorEntry(entry: SignedInEntry, grant: TokenGrant, startedAtMs: number): SignedInEntry {
  const { intent: _done, ...kept } = entry;
  const tokens = tokensOf(grant, startedAtMs);
  return {
    ...kept,
    ...tokens,
    revision: randomId(),
    generation: entry.generation + 1,
    refreshToken: tokens.refreshToken ?? entry.refreshToken,
    health: withSuccess(entry.health, startedAtMs),
  };
}

/** Make the entry that ends a session: no tokens are left in it. */
export function endEntry(entry: SignedInEntry, reason: SignedOutReason): SignedOutEntry {
  const { sessionId, generation } = entry;
  return { kind: "signed_out", revision: randomId(), sessionId, generation, reason };
}

/** Say whether a stored entry is the same session, alive. */
export function isSameSession(stored: StoreEntry | undefined, entry: SignedInEntry): stored is SignedInEntry {
  return stored?.kind === "signed_in" && stored.sessionId === entry.sessionId;
}

function tokensOf(grant: TokenGrant, startedAtMs: number) {
  const { refreshToken, refreshLifetimeMs } = grant;
  return {
    accessToken: new Secret(grant.accessToken),
    refreshToken: refreshToken === undefined ? undefined : new Secret(refreshToken),
    scopes: [...grant.scopes],
    startedAtMs,
    lifetimeMs: grant.lifetimeMs,
    refreshExpiresAtMs: refreshLifetimeMs === undefined ? undefined : startedAtMs + refreshLifetimeMs,
  };
}
