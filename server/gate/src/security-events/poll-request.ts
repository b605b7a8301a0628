import type { Clock } from "../kernel/clock.ts";
import { SignalsError } from "../signals/signals-error.ts";
import type { SetErrorCode } from "./set-error.ts";
import { callTransmitter, type TransmitterAccess } from "./transmitter-calls.ts";

/** What became of events, by the names of their tokens. */
export interface PollReport {
  /** Those that are taken in, and need not come again. */
  readonly ack: readonly string[];
  /** Those that are refused. */
  readonly setErrs: Readonly<Record<string, { readonly err: SetErrorCode; readonly description: string }>>;
}

/** What a transmitter answers. */
export interface PolledSets {
  /** The tokens, by the names that the transmitter gives them. */
  readonly sets: ReadonlyMap<string, unknown>;
  /** Whether it has more of them. */
  readonly moreAvailable: boolean;
}

/** Where events are polled, and with what. */
export interface PollTarget extends TransmitterAccess {
  readonly url: URL;
}

/** How events are asked for. */
export interface PollContext {
  readonly clock: Clock;
  /** Gives it up. */
  readonly signal: AbortSignal;
  /** How many events may come at once. */
  readonly maxEvents: number;
}

/** How long a transmitter may hold its answer back until there is an event, in milliseconds. Then it is asked anew. */
export const LONG_POLL_MS = 100_000;

/**
 * Ask a transmitter for events, and say what became of those before ([RFC 8936
 * §2](https://www.rfc-editor.org/rfc/rfc8936#section-2)). It answers as soon as there are some.
 *
 * @throws SignalsError when it does not
 */
export async function requestSets(
  { url, headers, fetch, tokens }: PollTarget,
  { ack, setErrs }: PollReport,
  { clock, signal, maxEvents }: PollContext,
): Promise<PolledSets> {
  const body = { maxEvents, returnImmediately: false, ack, setErrs };
  const { bytes } = await callTransmitter({
    url,
    headers,
    fetch,
    tokens,
    body,
    clock,
    signal,
    timeoutMs: LONG_POLL_MS,
  });
  const { sets, moreAvailable } = parseObject(bytes) ?? {};
  if (typeof sets !== "object" || sets === null || Array.isArray(sets)) {
    throw new SignalsError("protocol", `${url.origin} answers the poll with no events: check its URL`);
  }
  // What is more than was asked for comes again.
  const entries = Object.entries(sets);
  const isCut = entries.length > maxEvents;
  return {
    sets: new Map(entries.slice(0, maxEvents)),
    moreAvailable: moreAvailable === true || isCut,
  };
}

function parseObject(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof json === "object" && json !== null ? { ...json } : undefined;
  } catch {
    return undefined; // it is of no use, whatever it is
  }
}
