import type { AuditEvent, CallEvent } from "./audit.ts";
import type { Clock } from "./clock.ts";
import { createLineLimit } from "./line-limit.ts";
import type { Observer } from "./observe.ts";
import { type Remedies, toRemedy } from "./remedies.ts";

/** What {@link createRefusalLog} needs. */
export interface RefusalLogOptions {
  /** Receives a line for each cause and minute, and the refusal that it is about. It must not throw. */
  readonly write: (line: string, event: CallEvent) => void;
  readonly clock: Clock;
  /** What to do about each check. Default: what the options of `createAuth` can do. */
  readonly remedies?: Remedies;
}

/**
 * Create an observer that writes why calls are refused: one line a minute for each cause, which is a reason and a check of a
 * method. What
 * a stranger sends makes no further causes, so it cannot fill a log.
 */
export function createRefusalLog({ write, clock, remedies }: RefusalLogOptions): Observer {
  const limit = createLineLimit(clock);
  return {
    audited(event) {
      if (!isRefusal(event)) {
        return;
      }
      const more = limit(`${event.method} ${event.reason} ${event.check}`);
      if (more === undefined) {
        return;
      }
      write(toLine(event, more, remedies), event);
    },
  };
}

function isRefusal(event: AuditEvent): event is CallEvent {
  return event.type === "call_denied" || event.type === "call_would_be_denied";
}

/** Write why a call was refused in one line. Every part is ours, or was escaped. */
function toLine(event: CallEvent, more: number, remedies: Remedies | undefined): string {
  const { type, method, reason, detail, check, hint, expected, got } = event;
  const verb = type === "call_denied" ? "refused" : "would refuse";
  const wanted = expected === undefined ? "" : `; expected ${expected}`;
  const came = got === undefined ? "" : `; got ${got}`;
  const advice = check === undefined ? "" : `. If it should pass: ${toRemedy({ check, hint }, remedies)}`;
  const others = more === 0 ? "" : ` (and ${more} more like it since the last line)`;
  return `${verb} ${method}: ${reason}${check === undefined ? "" : `, check ${check}`}: ${detail}${wanted}${came}${advice}${others}`;
}
