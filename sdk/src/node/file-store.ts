import { join } from "node:path";
import { encodeEntry } from "../core/entry-text.ts";
import { parseEntry } from "../core/parse-entry.ts";
import { NO_PEERS } from "../core/peers.ts";
import type { CommitResult, SessionStore, StoreEntry } from "../core/store.ts";
import { createFileLock } from "./file-lock.ts";
import { readNewest, type VersionedText, writeNext } from "./versioned-file.ts";

/** What {@link createFileStore} needs. */
export interface FileStoreOptions {
  /**
   * A directory for this session alone; made when it is missing, for the owner only. It holds the tokens in
   * plain text, readable by the owner of the process.
   */
  readonly directory: string;
}

/**
 * Create a store on disk that many processes of a machine can share, and that outlives all of them.
 *
 * A process that is killed at any moment leaves the session whole. Where the directory cannot be written, the
 * session goes on in memory and is degraded.
 */
export function createFileStore({ directory }: FileStoreOptions): SessionStore {
  return {
    peers: { ...NO_PEERS, exclusively: createFileLock(join(directory, "refresh.lock")) },
    read: async () => entryOf(await readNewest(directory)),
    async compareAndSet(expected, next): Promise<CommitResult> {
      const newest = await readNewest(directory);
      const current = entryOf(newest);
      if (current?.revision !== expected) return { kind: "conflict", current };
      const isWritten = await writeNext(directory, { version: newest.version + 1, text: encodeEntry(next) });
      if (isWritten) return { kind: "committed" };
      return { kind: "conflict", current: entryOf(await readNewest(directory)) };
    },
  };
}

function entryOf({ text }: VersionedText): StoreEntry | undefined {
  return text === undefined ? undefined : parseEntry(text);
}
