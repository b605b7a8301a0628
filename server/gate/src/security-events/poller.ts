import { backoffMs } from "../kernel/backoff.ts";
import type { Clock } from "../kernel/clock.ts";
import { OversizeError } from "../kernel/post.ts";
import { pause } from "../kernel/timers.ts";
import type { EventTaker } from "../logouts/take-event.ts";
import { createProblemReports } from "../signals/problem-reports.ts";
import { SignalsError } from "../signals/signals-error.ts";
import { type Background, runInBackground } from "./background.ts";
import {
  LONG_POLL_MS,
  type PolledSets,
  type PollReport,
  type PollTarget,
  requestSets,
} from "./poll-request.ts";
import { SetError, toSetErrorCode } from "./set-error.ts";

/** What {@link createPoller} is made with. */
export interface PollerOptions {
  readonly target: PollTarget;
  /** Takes an event. One that it refuses for good is reported as such; what else it throws has the event come again. */
  readonly take: EventTaker;
  readonly clock: Clock;
  /** Draws from 0 up to 1. */
  readonly random: () => number;
  /** Receives why no events come: each problem once until they come again. */
  readonly onError: (error: SignalsError) => void;
}

/** How long a poll that brought nothing takes at the least, in milliseconds: not every transmitter holds its answer back. */
const IDLE_MS = 1_000;
/** After how long, in milliseconds, a poll without an answer was held back, and then cut by what is in between. */
const HELD_MS = 20_000;
/** How many events come at once: with what a token has, far less than an answer may be large. */
const MAX_EVENTS = 50;
const BACKOFF = { firstMs: 500, maxMs: 60_000, jitter: 0.5 };

/** What a poll has brought. `stuck`: only what was acknowledged before. */
type Outcome =
  | { readonly kind: "idle" | "progress" | "stuck" }
  | { readonly kind: "failed"; readonly retryAfterMs: number | undefined };

/**
 * Create what polls a transmitter for events. An event is acknowledged with the next poll, once it is kept: what is lost between
 * the two comes again, also what is not acknowledged when it is closed.
 */
export function createPoller(options: PollerOptions): Background {
  const { clock, random } = options;
  const end = new AbortController();
  const poll = createPoll(options, end.signal);

  async function run(): Promise<void> {
    let failures = 0;
    while (!end.signal.aborted) {
      const startedMs = clock.monotonicMs();
      const outcome = await poll();
      failures = outcome.kind === "failed" || outcome.kind === "stuck" ? failures + 1 : 0;
      if (outcome.kind !== "progress") {
        const waitMs =
          failures === 0
            ? startedMs + IDLE_MS - clock.monotonicMs()
            : Math.max(backoffMs(BACKOFF, failures, random()), retryAfterOf(outcome));
        await pause(clock, Math.max(0, waitMs), end.signal);
      }
    }
  }

  return runInBackground(run, end);
}

function retryAfterOf(outcome: Outcome): number {
  return outcome.kind === "failed" ? (outcome.retryAfterMs ?? 0) : 0;
}

/** Create one poll after the other. It never rejects. */
function createPoll(options: PollerOptions, signal: AbortSignal): () => Promise<Outcome> {
  const { target, clock, onError } = options;
  const reports = createProblemReports(onError);
  let report: PollReport = { ack: [], setErrs: {} };
  let maxEvents = MAX_EVENTS;
  let failures = 0;

  return async () => {
    const startedMs = clock.monotonicMs();
    try {
      const polled = await requestSets(target, report, { clock, signal, maxEvents });
      const before = new Set([...report.ack, ...Object.keys(report.setErrs)]);
      // They are acknowledged now. Until here, a poll that failed says so once more.
      const received = await receiveAll(polled, options);
      report = received.report;
      if (received.failure !== undefined) {
        throw received.failure;
      }
      failures = 0;
      maxEvents = polled.moreAvailable ? maxEvents : MAX_EVENTS;
      reports.recovered();
      return { kind: kindOf(polled, before) };
    } catch (cause) {
      const error = toSignalsError(cause);
      if (error.cause instanceof OversizeError && maxEvents > 1) {
        // Fewer of them fit into an answer: otherwise none would ever come.
        maxEvents = Math.floor(maxEvents / 2);
        return { kind: "progress" };
      }
      const heldMs = clock.monotonicMs() - startedMs;
      const isHeld = error.problem === "unreachable" && heldMs >= HELD_MS;
      failures += isHeld && heldMs < LONG_POLL_MS ? 0 : 1;
      if (!signal.aborted) {
        reports.failed(error, failures > 1);
      }
      return isHeld ? { kind: "idle" } : { kind: "failed", retryAfterMs: error.retryAfterMs };
    }
  };
}

function kindOf(
  { sets, moreAvailable }: PolledSets,
  before: ReadonlySet<string>,
): "idle" | "progress" | "stuck" {
  if (sets.size === 0) {
    return moreAvailable ? "stuck" : "idle";
  }
  return [...sets.keys()].every((id) => before.has(id)) ? "stuck" : "progress";
}

interface Received {
  readonly report: PollReport;
  /** Why some are to come again. */
  readonly failure: unknown;
}

async function receiveAll({ sets }: PolledSets, { take, target }: PollerOptions): Promise<Received> {
  const ack: string[] = [];
  const setErrs: Record<string, PollReport["setErrs"][string]> = Object.create(null);
  let failure: unknown;
  const takeIn = async ([id, token]: [string, unknown]): Promise<void> => {
    try {
      await take(toToken(token), target.url.host);
      ack.push(id);
    } catch (error) {
      const err = toSetErrorCode(error);
      if (err === undefined) {
        failure = error;
      } else {
        setErrs[id] = { err, description: error instanceof Error ? error.message : "" };
      }
    }
  };
  await Promise.all([...sets].map(takeIn));
  return { report: { ack, setErrs }, failure };
}

function toToken(token: unknown): string {
  if (typeof token !== "string") {
    throw new SetError("invalid_request", "a security event token must be text");
  }
  return token;
}

function toSignalsError(error: unknown): SignalsError {
  return error instanceof SignalsError
    ? error
    : new SignalsError("unreachable", "events cannot be taken in just now: they are asked for again", {
        cause: error,
      });
}
