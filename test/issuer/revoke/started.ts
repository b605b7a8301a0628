import { createRevocations, type Revocations } from "../../../server/issuer/src/revoke/revocations.ts";
import type { RevocationsOptions } from "../../../server/issuer/src/revoke/revocations-options.ts";
import type { Store } from "../../../server/issuer/src/store/database.ts";
import type { WallClock } from "../../support/test-clock.ts";

export const ACCESS_TTL_MS = 600_000;

/** How much longer than that a revocation is remembered. */
export const MARGIN_MS = 300_000;

/** Start the revocations of a server that grants tokens. */
export function startRevocations(
  store: Store,
  clock: WallClock,
  more: Partial<RevocationsOptions> = {},
): Promise<Revocations & AsyncDisposable> {
  return begin(createRevocations({ ...{ store, clock, pollMs: 5, accessTtlMs: ACCESS_TTL_MS }, ...more }));
}

/** Start what has been created. */
export async function begin(revocations: Revocations): Promise<Revocations & AsyncDisposable> {
  await revocations.start();
  return Object.assign(revocations, { [Symbol.asyncDispose]: () => revocations.close() });
}
