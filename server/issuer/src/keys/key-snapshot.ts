import type { Clock, VerificationKey } from "@countersign/server";
import { AuthError } from "@countersign/server";
import type { Store } from "../store/database.ts";
import { listSigningKeys, type SigningKeyRecord } from "../store/signing-keys.ts";
import { importSigningKey, importVerificationKey, type SigningKey } from "./signing-key.ts";

/** The keys as they were when the store was last read. */
export interface KeySnapshot {
  /** The key that signs. */
  readonly signing: SigningKey;
  /** The keys that verify, by their `kid`. */
  readonly verifying: ReadonlyMap<string, VerificationKey>;
  /** The public halves of the same keys. */
  readonly jwks: readonly Readonly<Record<string, unknown>>[];
  /** What all that was made of. */
  readonly records: readonly SigningKeyRecord[];
}

/** The newest snapshot that could be had. */
export interface KeySnapshots {
  /**
   * The newest snapshot.
   *
   * @throws AuthError `AUTH_UNAVAILABLE` when there is none yet
   */
  current(): KeySnapshot;
  /** Read the store. Callers at the same time share one reading; when it fails, the snapshot stays. */
  reload(): Promise<void>;
  /** Read the store as it is from this moment on, not as a reading under way may have seen it. */
  reloadAfresh(): Promise<void>;
  /** How long ago the last reading ended, well or not, in milliseconds. */
  sinceReloadMs(): number;
}

/** Keep snapshots of the keys of a store. */
export function createKeySnapshots(store: Store, sealingKey: Uint8Array, clock: Clock): KeySnapshots {
  let snapshot: KeySnapshot | undefined;
  let reloading: Promise<void> | undefined;
  let endedAtMs = Number.NEGATIVE_INFINITY;

  const read = async (): Promise<void> => {
    try {
      snapshot = await readKeySnapshot(store, sealingKey, snapshot);
    } finally {
      endedAtMs = clock.nowMs();
      reloading = undefined;
    }
  };
  const reload = (): Promise<void> => {
    reloading ??= read();
    return reloading;
  };
  return {
    current() {
      if (snapshot === undefined) {
        throw new AuthError("AUTH_UNAVAILABLE", "the signing keys are not loaded yet");
      }
      return snapshot;
    },
    reload,
    async reloadAfresh() {
      // What became of the reading under way, its own caller learns.
      await reloading?.catch(() => undefined);
      await reload();
    },
    sinceReloadMs: () => clock.nowMs() - endedAtMs,
  };
}

async function readKeySnapshot(
  store: Store,
  sealingKey: Uint8Array,
  before: KeySnapshot | undefined,
): Promise<KeySnapshot> {
  const records = (await listSigningKeys(store)).filter(({ state }) => state !== "removed");
  const active = records.find(({ state }) => state === "active");
  if (active === undefined) {
    throw new Error("the store has no active signing key");
  }
  const isSame = before?.signing.kid === active.kid;
  const signing = isSame ? before.signing : importSigningKey(sealingKey, active);
  // The same object as before, where there is one: verdicts that were made with it stay good.
  const entries = records.map(
    async (record) =>
      [record.kid, before?.verifying.get(record.kid) ?? (await importVerificationKey(record))] as const,
  );
  const verifying = new Map(await Promise.all(entries));
  const jwks = records.map((record) => JSON.parse(record.publicJwk) as Record<string, unknown>);
  return { signing, verifying, jwks, records };
}
