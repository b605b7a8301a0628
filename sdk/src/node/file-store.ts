import { join, resolve } from "node:path";
import { encodeEntry } from "../core/entry-text.ts";
import { assertOptions, type OptionForm } from "../core/option-forms.ts";
import { parseEntry } from "../core/parse-entry.ts";
import { NO_PEERS } from "../core/peers.ts";
import type { SessionStore, StoreEntry } from "../core/store.ts";
import { createFileLock } from "./file-lock.ts";
import { assertPrivateDirectory } from "./private-path.ts";
import { createTextSeal, type TextSeal } from "./text-seal.ts";
import { makeDirectory, type NewestVersion, readNewest, writeNext } from "./versioned-file.ts";

/** What {@link createFileStore} needs. */
export interface FileStoreOptions {
  /**
   * A directory for this session alone; made when it is missing, for the owner only. It holds the tokens, readable by
   * the owner of the process, in plain text unless there is a {@link FileStoreOptions.secret}. Others must not be able to
   * change it, to rename it or one above it: their mode and owner are looked at each time, as ssh does it.
   */
  readonly directory: string;
  /**
   * Encrypts the files: at least 32 random characters from elsewhere, such as the keychain of the system, the same in all
   * processes that share the directory. Files of another secret count for nothing. Default: none, the files are plain text.
   */
  readonly secret?: string | undefined;
  /**
   * Use a directory although others can change or rename it: they can end the session, and put an older one in its place.
   * Files of others are ignored even so. Default false: such a directory counts as one that cannot be written.
   */
  readonly allowSharedDirectory?: boolean | undefined;
}

const FORMS = {
  directory: "string",
  secret: "string",
  allowSharedDirectory: "boolean",
} as const satisfies Record<keyof FileStoreOptions, OptionForm>;

const PLAIN: TextSeal = { seal: (text) => text, open: (text) => text };

/**
 * Create a store on disk that many processes of a machine can share, and that stays when they end.
 *
 * A process that is killed at any moment leaves the session whole. Where the directory cannot be written, or others can
 * change it, the session goes on in memory and is degraded. On Windows, whose rights Node cannot read, the store does
 * not look at the directory: name one in the user's profile.
 *
 * @throws TypeError when an option is missing or not understood, or the secret has less than 32 characters
 */
export function createFileStore(options: FileStoreOptions): SessionStore {
  assertOptions("createFileStore", options, FORMS);
  const { allowSharedDirectory = false, secret } = options;
  if (options.directory === undefined || options.directory === "") {
    throw new TypeError("createFileStore needs the option directory");
  }
  // Once: what is looked at and what is opened stay one place, wherever the process goes to.
  const directory = resolve(options.directory);
  const { seal, open } = secret === undefined ? PLAIN : createTextSeal(secret, "session file");
  const lock = createFileLock(join(directory, "refresh.lock"));

  /** @throws Error when others can change the directory, or it cannot be looked at */
  async function assertPrivate(): Promise<void> {
    if (!allowSharedDirectory) {
      await assertPrivateDirectory(directory);
    }
  }

  async function read(): Promise<NewestVersion<StoreEntry>> {
    try {
      await assertPrivate();
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") {
        return { value: undefined, next: 1 };
      }
      throw error;
    }
    return readNewest(directory, (sealed) => {
      const text = open(sealed);
      return text === undefined ? undefined : parseEntry(text);
    });
  }

  return {
    peers: {
      ...NO_PEERS,
      async exclusively(run) {
        // What lies in a directory of others may be a pipe.
        const isPrivate = await assertPrivate().then(
          () => true,
          () => false,
        );
        return isPrivate ? lock(run) : run();
      },
    },
    read: async () => (await read()).value,
    async compareAndSet(expected, entry) {
      const { value, next } = await read();
      if (value?.revision !== expected) {
        return false;
      }
      await makeDirectory(directory);
      await assertPrivate();
      return writeNext(directory, { version: next, text: seal(encodeEntry(entry)) });
    },
  };
}
