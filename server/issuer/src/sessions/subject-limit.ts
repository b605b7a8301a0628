import { type Clock, createRateLimit } from "@countersign/server";

/** Whom a limit counts: a subject at one client, so that neither uses up what others have. */
export interface LimitedSubject {
  readonly clientId: string;
  readonly subject: string;
}

/** Limits what one subject does at one client. */
export interface SubjectLimit {
  /** Count one. @throws AuthError `RATE_LIMITED` when it was too often of late, with the time to wait */
  take(subject: LimitedSubject): void;
}

/** What {@link createSubjectLimit} needs. */
export interface SubjectLimitOptions {
  /** How often in an hour; Infinity: no limit. */
  readonly perHour: number;
  readonly clock: Clock;
  /** What too many are, as a sentence without a full stop: it is sent to the caller. */
  readonly message: string;
}

const HOUR_MS = 60 * 60 * 1_000;

/** Create a limit in the memory of one process: an hour's worth at once, and from then on what grows back. */
export function createSubjectLimit({ perHour: limit, clock, message }: SubjectLimitOptions): SubjectLimit {
  const rate = createRateLimit({ limit, windowMs: HOUR_MS, clock, message });
  return {
    take({ clientId, subject }) {
      // No client has a space in its name.
      const key = `${clientId} ${subject}`;
      rate.assertAllowed(key);
      rate.take(key);
    },
  };
}
