import type { Clock, IssuerOptions, IssuerSignals, KeySource } from "@countersign/server";
import { importVerificationKey, SIGNING_ALGORITHM } from "../keys/signing-key.ts";
import { createRevocations } from "../revoke/revocations.ts";
import type { Store } from "../store/database.ts";
import { listSigningKeys } from "../store/signing-keys.ts";
import { findSetting } from "../store/store-settings.ts";
import { toTrust } from "./trust.ts";

/** The names that the servers on a store have given it; undefined: none that it keeps. */
export interface StoredNames {
  readonly url: string | undefined;
  readonly audience: string | undefined;
}

/** Read under which names the servers on a store run. */
export async function readStoredNames(store: Store): Promise<StoredNames> {
  return { url: await findSetting(store, "issuer"), audience: await findSetting(store, "audience") };
}

/** What {@link readStoredTrust} needs. */
export interface StoredTrustOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly url: string;
  readonly audience: string;
  readonly resources: readonly string[];
}

/**
 * Read from a store how gates trust its issuer: its keys and what is revoked, as they are now. Nothing is written, and no
 * secret is needed: only public keys are read.
 */
export async function readStoredTrust(options: StoredTrustOptions): Promise<IssuerOptions> {
  const { store, clock, url, audience, resources } = options;
  const signals = await readSignals(options);
  return toTrust({
    url,
    audience,
    resources,
    keySource: await readKeys(store),
    signals: { ...signals, clock },
  });
}

async function readKeys(store: Store): Promise<KeySource> {
  const records = (await listSigningKeys(store)).filter(({ state }) => state !== "removed");
  const keys = await Promise.all(records.map(importVerificationKey));
  const byKid = new Map(keys.map((key) => [key.kid, key]));
  return {
    find: (kid, algorithm) => (algorithm === SIGNING_ALGORITHM ? byKid.get(kid ?? "") : undefined),
    isTrusted: (key) => byKid.get(key.kid) === key,
  };
}

/** Only what is revoked: what does not serve has no streams to end or renew. */
async function readSignals({ store, clock, url }: StoredTrustOptions): Promise<IssuerSignals> {
  const revocations = createRevocations({ store, clock, issuer: url });
  await revocations.start();
  await revocations.close();
  return {
    ready: Promise.resolve(),
    isRevoked: (principal) => revocations.isRevoked(principal),
    onRenew: () => () => {},
    renew: (streams) =>
      Promise.resolve({ renewed: [], ended: [], unknown: streams.map(({ streamId }) => streamId) }),
  };
}
