import { HEALTHY, type RefreshHealth } from "./budget.ts";
import { Secret } from "./secret.ts";
import type { RefreshIntent, SignedInEntry, SignedOutReason, StoreEntry } from "./store.ts";

const VERSION = 1;
const REASONS = ["user", "revoked", "expired", "reuse_detected"] as const satisfies SignedOutReason[];

/**
 * Write an entry as text, tokens included: for stores, which must encrypt it or keep it from other users.
 *
 * {@link parseEntry} reads it back.
 */
export function encodeEntry(entry: StoreEntry): string {
  if (entry.kind === "signed_out") return JSON.stringify({ version: VERSION, ...entry });
  return JSON.stringify({
    version: VERSION,
    ...entry,
    accessToken: entry.accessToken.reveal(),
    refreshToken: entry.refreshToken?.reveal(),
  });
}

/** Read an entry that {@link encodeEntry} wrote; `undefined` for anything else. */
export function parseEntry(text: string): StoreEntry | undefined {
  const fields = parseObject(text);
  if (fields?.version !== VERSION) return undefined;
  const { revision, sessionId, generation, reason } = fields;
  if (typeof revision !== "string" || typeof sessionId !== "string" || typeof generation !== "number") {
    return undefined;
  }
  const common = { revision, sessionId, generation };
  if (fields.kind === "signed_in") return parseSignedIn(fields, common);
  const known = REASONS.find((candidate) => candidate === reason);
  if (fields.kind !== "signed_out" || known === undefined) return undefined;
  return { kind: "signed_out", ...common, reason: known };
}

type Fields = Readonly<Record<string, unknown>>;
type Common = Pick<StoreEntry, "revision" | "sessionId" | "generation">;

function parseSignedIn(fields: Fields, common: Common): SignedInEntry | undefined {
  const { accessToken, refreshToken, startedAtMs, lifetimeMs, refreshExpiresAtMs, scopes } = fields;
  if (typeof accessToken !== "string" || typeof startedAtMs !== "number") return undefined;
  if (typeof lifetimeMs !== "number" || !isStrings(scopes)) return undefined;
  return {
    kind: "signed_in",
    ...common,
    accessToken: new Secret(accessToken),
    refreshToken: typeof refreshToken === "string" ? new Secret(refreshToken) : undefined,
    scopes,
    startedAtMs,
    lifetimeMs,
    refreshExpiresAtMs: typeof refreshExpiresAtMs === "number" ? refreshExpiresAtMs : undefined,
    intent: isIntent(fields.intent) ? fields.intent : undefined,
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
  return isObject(value) && typeof value.refreshId === "string" && typeof value.startedAtMs === "number";
}

function isHealth(value: unknown): value is RefreshHealth {
  if (!isObject(value) || !Array.isArray(value.strikesAtMs)) return false;
  const numbers = [...value.strikesAtMs, value.failures, value.retryAtMs, value.forcedAtMs];
  return numbers.every((item) => typeof item === "number");
}
