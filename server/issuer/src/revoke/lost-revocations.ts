import type { Clock } from "@countersign/server";
import { createRevokedSet, type Revoked, type RevokedSet } from "@countersign/server/internal";
import { type NewRevocation, OWN_ISSUER, type RevocationRecord } from "../store/revocations.ts";
import type { UnwrittenRevocation } from "../store/unwritten-revocations.ts";
import type { RememberedRevocations } from "./remembered-revocations.ts";

/** Observes how a store is read. */
export interface ReadObserver {
  /** A read begins. */
  begin(): void;
  /** The store has come back with another history: all is read anew. */
  restart(): void;
  /** All was read. */
  end(): void;
}

/**
 * Finds what a store has lost: it has come back as an older copy, or a server has taken over that followed another one and had
 * not received all.
 */
export interface LostRevocations extends ReadObserver {
  /** Take what this server has written. A read that begins later has to bring it. */
  addWritten(written: readonly WrittenRevocation[]): void;
  /** Take what was read, in the order of the history. */
  addRead(read: readonly RevocationRecord[]): void;
}

/** What this server has written. */
export interface WrittenRevocation extends RevocationRecord {
  /** Whether a session of the store was ended with it. */
  readonly endsSession: boolean;
}

/** What {@link createLostRevocations} needs. */
export interface LostRevocationsOptions {
  readonly clock: Clock;
  /** The name of the issuer that the store belongs to. */
  readonly issuer: () => string | undefined;
  /** All that this server knows. */
  readonly remembered: Pick<RememberedRevocations, "entries">;
  /** Writes again what is lost, so that servers that start know it. @returns undefined: it is too much */
  readonly rewrite: (lost: readonly UnwrittenRevocation[]) => readonly unknown[] | undefined;
  /** Receives that it is too much. */
  readonly onError: (error: unknown) => void;
}

/** What is written is read within a second: so many are there only where reading fails, and writing does not. */
const MAX_UNREAD = 10_000;

/** Create what compares what is read with what is known: all of it where the history is another one, else what is new. */
export function createLostRevocations(options: LostRevocationsOptions): LostRevocations {
  /** What was written and has not been read yet, by its number. */
  const unread = new Map<number, WrittenRevocation>();
  /** How far the history has been read. */
  let lastReadId = 0;
  let due: readonly WrittenRevocation[] = [];
  /** What is read anew. */
  let found: RevokedSet | undefined;
  const takeUnread = (): readonly UnwrittenRevocation[] => {
    const lost = due.filter((written) => unread.get(written.id) === written);
    for (const { id } of lost) {
      unread.delete(id);
    }
    due = [];
    return lost.map(toRewritten);
  };
  const takeMissing = (read: RevokedSet): readonly UnwrittenRevocation[] => {
    const nowMs = options.clock.nowMs();
    return [...options.remembered.entries()]
      .filter((revoked) => revoked.expiresAtMs > nowMs && read.add(revoked))
      .map((revoked) => toUnwritten(revoked, { nowMs, issuer: options.issuer() }));
  };
  return {
    addWritten(written) {
      // A read can bring a row before the answer to its commit has arrived here.
      const notRead = written.filter(({ id }) => id > lastReadId);
      for (const one of notRead.slice(0, MAX_UNREAD - unread.size)) {
        unread.set(one.id, one);
      }
    },
    begin() {
      due = [...unread.values()];
    },
    restart() {
      found = createRevokedSet();
      lastReadId = 0;
    },
    addRead(read) {
      lastReadId = read.at(-1)?.id ?? lastReadId;
      for (const record of unread.size === 0 && found === undefined ? [] : read) {
        if (unread.get(record.id)?.value === record.value) {
          unread.delete(record.id);
        }
        found?.add(record.issuer === OWN_ISSUER ? { ...record, issuer: options.issuer() } : record);
      }
    },
    end() {
      const lost = [...takeUnread(), ...(found === undefined ? [] : takeMissing(found))];
      found = undefined;
      if (lost.length > 0 && options.rewrite(lost) === undefined) {
        options.onError(
          new Error(`${lost.length} revocations that the store has lost are too many to write again`),
        );
      }
    },
  };
}

/** Make of what was written what is to be written again, to last as long. */
export function toRewritten(written: WrittenRevocation): UnwrittenRevocation {
  return { ...written, minLifeMs: written.expiresAtMs - written.revokedAtMs };
}

/** Its session stays as the store has it: whether that was ended, or its tokens alone were revoked, is not remembered. */
function toUnwritten(
  { issuer, dimension, value, beforeMs, expiresAtMs, changedClaims }: Revoked,
  own: { readonly nowMs: number; readonly issuer: string | undefined },
): UnwrittenRevocation {
  const revocation: NewRevocation = {
    issuer: issuer === own.issuer && issuer !== undefined ? OWN_ISSUER : issuer,
    dimension,
    value,
    beforeMs,
    revokedAtMs: own.nowMs,
    reason: "revoked",
    minLifeMs: expiresAtMs - own.nowMs,
    changedClaims,
  };
  return { ...revocation, endsSession: false };
}
