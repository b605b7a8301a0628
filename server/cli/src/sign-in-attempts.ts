import { shareThroughStore } from "@countersign/issuer/internal";
import { createRateLimit, type RateLimit } from "@countersign/server";
import type { Backend } from "./open-backend.ts";
import { shareRateLimit } from "./workers/share-rate-limit.ts";

const MINUTE_MS = 60_000;

/**
 * Limit how often one address may try to sign in, at all processes of this server together, and on Postgres at all
 * servers. SQLite is for one server, whose tries are not worth a write each.
 *
 * @param opened closes what this opens
 */
export function limitSignInAttempts(
  { clock, config, store, log, workerBus }: Backend,
  opened: AsyncDisposableStack,
): RateLimit {
  const limit = config.signInsPerMinute;
  const message = "too many attempts to sign in from this address: wait before the next";
  const own = createRateLimit({ limit, windowMs: MINUTE_MS, clock, message });
  const local = shareRateLimit(own, workerBus, "countersign_sign_ins");
  if (store.dialect === "sqlite" || limit === Infinity) {
    return local;
  }
  const onError = (err: unknown): void =>
    log.error({ err }, "attempts to sign in could not be shared with the other servers");
  const shared = shareThroughStore({ store, own, local, onError });
  opened.defer(() => shared.close());
  return shared;
}
