import { closeSync, fstatSync, openSync, statSync, writeSync } from "node:fs";
import type { Clock } from "@countersign/server";

/** A file that is only ever appended to. */
export interface AppendFile {
  /** Append a text, before it returns. After {@link close} it does nothing. @throws Error when it cannot be written */
  append(text: string): void;
  /** Open the file anew: it was renamed. @throws Error when it cannot be opened; the old one is kept then */
  reopen(): void;
  close(): void;
}

/** How often to look whether the file has been renamed or removed, in milliseconds. */
const LOOK_MS = 1_000;

/**
 * Open a file to append to it, for the eyes of its owner alone. When it is renamed or removed, what follows goes to
 * a new one, at the latest a second later.
 *
 * @throws Error when it cannot be opened
 */
export function openAppendFile(path: string, clock: Clock): AppendFile {
  let fd: number | undefined = openForAppend(path);
  let lookedAtMs = clock.nowMs();
  const reopen = (): void => {
    const old = fd;
    fd = openForAppend(path);
    if (old !== undefined) {
      closeSync(old);
    }
  };
  const look = (open: number): void => {
    const nowMs = clock.nowMs();
    if (nowMs - lookedAtMs >= LOOK_MS) {
      lookedAtMs = nowMs;
      if (!isSameFile(open, path)) {
        reopen();
      }
    }
  };
  return {
    append(text) {
      if (fd !== undefined) {
        look(fd);
        writeAll(fd, text);
      }
    },
    reopen,
    close() {
      if (fd !== undefined) {
        closeSync(fd);
        fd = undefined;
      }
    },
  };
}

/** Appending keeps the lines of several processes apart, and is all that this file is opened for. */
function openForAppend(path: string): number {
  return openSync(path, "a", 0o600);
}

function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    at += writeSync(fd, bytes, at);
  }
}

function isSameFile(fd: number, path: string): boolean {
  const [open, named] = [fstatSync(fd), statSync(path, { throwIfNoEntry: false })];
  return named !== undefined && open.ino === named.ino && open.dev === named.dev;
}
