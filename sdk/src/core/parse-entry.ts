import { HEALTHY } from "./budget.ts";
import { Secret } from "./secret.ts";
import type { RefreshHealth, RefreshIntent, SignedOutReason, StoreEntry } from "./store.ts";

const REASONS = [
  "user",
  "revoked",
  "expired",
  "reuse_detected",
  "interaction_required",
  "key_lost",
] as const satisfies SignedOutReason[];

/** Read an entry that `encodeEntry` wrote; `undefined` for anything else. */
export function parseEntry(text: string): StoreEntry | undefined {
  const fields = parseObject(text);
  if (fields === undefined) {
    return undefined;
  }
  const { revision, sessionId, generation, reason } = fields;
  if (typeof revision !== "string" || typeof sessionId !== "string" || typeof generation !== "number") {
    return undefined;
  }
  const common = { revision, sessionId, generation };
  if (fields.kind === "signed_in") {
    return parseSignedIn(fields, common);
  }
  const known = REASONS.find((candidate) => candidate === reason);
  if (fields.kind !== "signed_out" || known === undefined) {
    return undefined;
  }
  return { kind: "signed_out", ...common, reason: known };
}

type Fields = Readonly<Record<string, unknown>>;
type Common = Pick<StoreEntry, "revision" | "sessionId" | "generation">;

function parseSignedIn(fields: Fields, common: Common): StoreEntry | undefined {
  const { accessToken, refreshToken, idToken, startedAtMs, lifetimeMs, refreshExpiresAtMs, scopes } = fields;
  const { tokenType, proofKey } = fields;
  if (typeof accessToken !== "string" || typeof startedAtMs !== "number") {
    return undefined;
  }
  if (typeof lifetimeMs !== "number" || !isStrings(scopes)) {
    return undefined;
  }
  return {
    kind: "signed_in",
    ...common,
    accessToken: new Secret(accessToken),
    refreshToken: typeof refreshToken === "string" ? new Secret(refreshToken) : undefined,
    idToken: typeof idToken === "string" ? new Secret(idToken) : undefined,
    tokenType: typeof tokenType === "string" ? tokenType : undefined,
    proofKey: typeof proofKey === "string" ? new Secret(proofKey) : undefined,
    scopes,
    startedAtMs,
    lifetimeMs,
    refreshExpiresAtMs: typeof refreshExpiresAtMs === "number" ? refreshExpiresAtMs : undefined,
    intent: isIntent(fields.intent) ? fields.intent : undefined,
    nextRefreshId: typeof fields.nextRefreshId === "string" ? fields.nextRefreshId : undefined,
    health: isHealth(fields.health) ? fields.health : HEALTHY,
  };
}

function parseObject(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    // A torn or foreign text is the same as none: the user signs in again.
    return undefined;
  }
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isIntent(value: unknown): value is RefreshIntent {
  if (!isObject(value) || typeof value.refreshId !== "string") {
    return false;
  }
  // An earlier version counted no attempts: its refresh must be repeated all the same.
  return typeof value.startedAtMs === "number" && typeof (value.underWay ?? 0) === "number";
}

function isHealth(value: unknown): value is RefreshHealth {
  if (!isObject(value) || !Array.isArray(value.strikesAtMs)) {
    return false;
  }
  const numbers = [...value.strikesAtMs, value.failures, value.retryAtMs, value.forcedAtMs];
  return numbers.every((item) => typeof item === "number");
}
