import { backoffMs } from "../kernel/backoff.ts";
import { beforeAbort } from "../kernel/before-abort.ts";
import type { Clock } from "../kernel/clock.ts";
import { pause } from "../kernel/timers.ts";
import { createMetadataFetch } from "../keys/discover.ts";
import type { UrlCheck } from "../keys/secure-url.ts";
import { createProblemReports } from "../signals/problem-reports.ts";
import { SignalsError } from "../signals/signals-error.ts";
import { type Background, runInBackground } from "./background.ts";
import { callTransmitter, type TransmitterAccess } from "./transmitter-calls.ts";
import { createVerificationState } from "./verification-state.ts";

/** A stream whose transmitter is asked to verify it. */
export interface VerifiedStream extends TransmitterAccess {
  /** The name of the transmitter. */
  readonly transmitter: string;
  /** Where its metadata are. */
  readonly metadataUri: string;
  readonly streamId: string;
  readonly urls: UrlCheck;
}

/** What {@link createVerificationRequests} is made with. */
export interface VerificationRequestsOptions {
  readonly stream: VerifiedStream;
  readonly clock: Clock;
  /** Draws from 0 up to 1. */
  readonly random: () => number;
  /** Receives why it cannot be asked for: each problem once until it can be again. */
  readonly onError: (error: SignalsError) => void;
}

/** How often a verification event is asked for, in milliseconds, and how much of that is random. */
const EVERY = { firstMs: 3_600_000, maxMs: 3_600_000, jitter: 0.2 };
const BACKOFF = { firstMs: 60_000, maxMs: 3_600_000, jitter: 0.5 };

/**
 * Create what asks a transmitter for a verification event, at start and every hour (Shared Signals Framework 1.0, triggering a
 * verification event): a stream that has no events cannot be told from one that is broken otherwise.
 */
export function createVerificationRequests(options: VerificationRequestsOptions): Background {
  const { stream, clock, random, onError } = options;
  const { transmitter, metadataUri, streamId, headers, fetch, tokens, urls } = stream;
  const end = new AbortController();
  const { signal } = end;
  const reports = createProblemReports(onError);
  const wanted = { member: "verification_endpoint", what: "verification endpoint" } as const;
  const find = createMetadataFetch({
    issuer: transmitter,
    metadataIssuer: transmitter,
    metadataUri,
    urls,
    wanted,
    fetch,
    clock,
  });

  async function request(): Promise<void> {
    const { url } = await find().catch((cause: unknown) => {
      throw new SignalsError("unreachable", describe(cause), { cause });
    });
    const body = { stream_id: streamId, state: await createVerificationState(streamId) };
    await callTransmitter({ url, headers, fetch, tokens, body, clock, signal });
  }

  async function run(): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      try {
        // Metadata are fetched without a signal: what is closed does not wait for them.
        await beforeAbort(request(), signal);
        failures = 0;
        reports.recovered();
      } catch (error) {
        failures += 1;
        reportUnlessClosed(error);
      }
      await pause(clock, backoffMs(failures === 0 ? EVERY : BACKOFF, failures, random()), signal);
    }
  }

  function reportUnlessClosed(error: unknown): void {
    if (!signal.aborted && error instanceof SignalsError) {
      reports.failed(error, true);
    }
  }

  return runInBackground(run, end);
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : "the metadata of the transmitter cannot be had";
}
