import type { AuditEvent, CallEvent } from "./audit.ts";
import type { Clock } from "./clock.ts";
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

/** How often one cause is written, in milliseconds. */
const WRITE_EVERY_MS = 60_000;
/** How many causes are known at a time: more than the methods of most servers have checks. */
const MAX_CAUSES = 1_000;

/** What is known of a cause. */
interface Cause {
  nextAtMs: number;
  /** How many refusals of it were not written since the last that was. */
  unwritten: number;
}

/**
 * Create an observer that writes why calls are refused: one line a minute for each cause, which is a reason and a check of a
 * method. What
 * a stranger sends makes no further causes, so it cannot fill a log.
 */
export function createRefusalLog({ write, clock, remedies }: RefusalLogOptions): Observer {
  const causes = new Map<string, Cause>();

  function causeOf(name: string): Cause {
    const known = causes.get(name);
    if (known !== undefined) {
      return known;
    }
    const [oldest] = causes.size < MAX_CAUSES ? [] : causes.keys();
    if (oldest !== undefined) {
      causes.delete(oldest);
    }
    const cause = { nextAtMs: Number.NEGATIVE_INFINITY, unwritten: 0 };
    causes.set(name, cause);
    return cause;
  }

  return {
    audited(event) {
      if (!isRefusal(event)) {
        return;
      }
      const cause = causeOf(`${event.method} ${event.reason} ${event.check}`);
      const nowMs = clock.monotonicMs();
      // Negated: a clock that returns no number writes.
      if (nowMs < cause.nextAtMs) {
        cause.unwritten += 1;
        return;
      }
      const more = cause.unwritten;
      cause.unwritten = 0;
      cause.nextAtMs = nowMs + WRITE_EVERY_MS;
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
