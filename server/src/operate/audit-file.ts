import { closeSync, fstatSync, openSync, statSync, writeSync } from "node:fs";
import { type Clock, systemClock } from "../clock.ts";
import type { AuditEvent, AuditSink } from "./audit.ts";

/** An audit trail in a file. */
export interface FileAudit extends AuditSink {
  /** Open the file anew: it was renamed. */
  reopen(): void;
  /** Write what is left, and close the file. */
  close(): void;
}

/** What {@link openFileAudit} takes. */
export interface FileAuditOptions {
  /** Told when the file cannot be written. The events are lost, and the next ones are tried. */
  readonly onError?: (error: unknown) => void;
  readonly clock?: Clock;
}

/** How often to look whether the file has been renamed or removed, in milliseconds. */
const LOOK_MS = 1_000;

/**
 * Append audit events to a file, a JSON object a line, for the eyes of its owner alone.
 *
 * A line is written before `record` returns, so that what was acknowledged is on record; only refusals, which
 * strangers can cause by the thousand, are written together at the end of the turn. The file may be renamed at any
 * time: the next lines go to a new one, at the latest a second later.
 *
 * @throws Error when the file cannot be opened
 */
export function openFileAudit(path: string, options: FileAuditOptions = {}): FileAudit {
  const { clock = systemClock, onError = () => undefined } = options;
  let fd: number | undefined = openForAppend(path);
  let lookedAtMs = clock.nowMs();
  let pending: string[] = [];
  let isScheduled = false;

  const reopen = (): void => {
    const old = fd;
    fd = openForAppend(path);
    if (old !== undefined) {
      closeSync(old);
    }
  };
  const write = (): void => {
    const text = pending.join("");
    pending = [];
    if (text === "" || fd === undefined) {
      return;
    }
    try {
      const nowMs = clock.nowMs();
      if (nowMs - lookedAtMs >= LOOK_MS) {
        lookedAtMs = nowMs;
        if (!isSameFile(fd, path)) {
          reopen();
        }
      }
      writeAll(fd, text);
    } catch (error) {
      onError(error);
    }
  };
  const schedule = (): void => {
    if (!isScheduled) {
      isScheduled = true;
      setImmediate(() => {
        isScheduled = false;
        write();
      });
    }
  };
  return {
    record(event) {
      pending.push(toLine(event, clock.nowMs()));
      if (isRefusal(event)) {
        schedule();
      } else {
        write();
      }
    },
    reopen() {
      write();
      try {
        reopen();
      } catch (error) {
        onError(error);
      }
    },
    close() {
      write();
      if (fd !== undefined) {
        closeSync(fd);
        fd = undefined;
      }
    },
  };
}

/** Only these members are written, whatever else an event may come to hold. */
const MEMBERS = [
  "type",
  "subject",
  "sessionId",
  "tokenId",
  "clientId",
  "externalIssuer",
  "externalSubject",
  "keyId",
  "method",
  "reason",
  "detail",
] as const satisfies readonly (keyof AuditEvent)[];

/** What strangers can cause by the thousand. */
function isRefusal({ type, reason }: AuditEvent): boolean {
  return (
    type === "call_denied" ||
    type === "call_would_be_denied" ||
    (type === "sign_in_failed" && reason === "RATE_LIMITED")
  );
}

function toLine(event: AuditEvent, nowMs: number): string {
  const members = MEMBERS.map((name) => [name, event[name]] as const);
  return `${JSON.stringify({ time: new Date(nowMs).toISOString(), ...Object.fromEntries(members) })}\n`;
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
