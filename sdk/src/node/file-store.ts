import { join } from "node:path";
import { encodeEntry } from "../core/entry-text.ts";
import { assertOptions, type OptionForm } from "../core/option-forms.ts";
import { parseEntry } from "../core/parse-entry.ts";
import { NO_PEERS } from "../core/peers.ts";
import type { SessionStore, StoreEntry } from "../core/store.ts";
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

const FORMS = { directory: "string" } as const satisfies Record<keyof FileStoreOptions, OptionForm>;

/**
 * Create a store on disk that many processes of a machine can share, and that stays when they end.
 *
 * A process that is killed at any moment leaves the session whole. Where the directory cannot be written, the
 * session goes on in memory and is degraded.
 *
 * @throws TypeError when an option is missing or not understood
 */
export function createFileStore(options: FileStoreOptions): SessionStore {
  assertOptions("createFileStore", options, FORMS);
  const { directory } = options;
  if (directory === undefined || directory === "") {
    throw new TypeError("createFileStore needs the option directory");
  }
  return {
    peers: { ...NO_PEERS, exclusively: createFileLock(join(directory, "refresh.lock")) },
    read: async () => entryOf(await readNewest(directory)),
    async compareAndSet(expected, next) {
      const newest = await readNewest(directory);
      if (entryOf(newest)?.revision !== expected) {
        return false;
      }
      return writeNext(directory, { version: newest.version + 1, text: encodeEntry(next) });
    },
  };
}

function entryOf({ text }: VersionedText): StoreEntry | undefined {
  return text === undefined ? undefined : parseEntry(text);
}
