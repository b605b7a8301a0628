import type { AuditEvent, AuditSink, Clock } from "@countersign/server";
import { systemClock } from "@countersign/server/internal";
import { openAppendFile } from "./append-file.ts";

/** An audit trail in a file. */
export interface FileAudit extends AuditSink {
  /** Open the file anew: it was renamed. */
  reopen(): void;
  /** Write what is left, and close the file. */
  close(): void;
}

/** What {@link openFileAudit} takes. */
export interface FileAuditOptions {
  /** Receives the reason why the file cannot be written. The events are lost, and the next ones are tried. */
  readonly onError?: (error: unknown) => void;
  readonly clock?: Clock;
}

/**
 * Append audit events to a file, a JSON object a line, for the eyes of its owner alone.
 *
 * A line is written before `record` returns, so that what was acknowledged is on record; only refusals, which strangers
 * can cause by the thousand, are written together at the end of the turn of the event loop. The file may be renamed at
 * any time: the next lines go to a new one, at the latest a second later.
 *
 * @throws Error when the file cannot be opened
 */
export function openFileAudit(path: string, options: FileAuditOptions = {}): FileAudit {
  const { clock = systemClock, onError = () => undefined } = options;
  const file = openAppendFile(path, clock);
  let pending: string[] = [];
  let isScheduled = false;

  const attempt = (act: () => void): void => {
    try {
      act();
    } catch (error) {
      onError(error);
    }
  };
  const flush = (): void => {
    isScheduled = false;
    const text = pending.join("");
    pending = [];
    attempt(() => file.append(text));
  };
  return {
    record(event) {
      pending.push(toLine(event, clock.nowMs()));
      if (!isRefusal(event)) {
        flush();
      } else if (!isScheduled) {
        isScheduled = true;
        setImmediate(flush);
      }
    },
    reopen() {
      flush();
      attempt(() => file.reopen());
    },
    close() {
      flush();
      file.close();
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
  "check",
  "expected",
  "got",
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
