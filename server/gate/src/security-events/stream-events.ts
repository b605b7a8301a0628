import { ownMember } from "../authenticate/claim-source.ts";
import type { SecurityEvent } from "./read-set.ts";
import { SetError } from "./set-error.ts";
import type { Transmitter } from "./transmitter.ts";
import { isVerificationState } from "./verification-state.ts";

/** What a stream can be. */
const STATUSES: ReadonlySet<unknown> = new Set(["enabled", "paused", "disabled"]);

/**
 * Check a verification event: its state is one that was asked for. Without one, the transmitter sends it of its own accord.
 *
 * @throws SetError `invalid_state`
 */
export async function assertState({ event }: SecurityEvent, { streamId }: Transmitter): Promise<void> {
  const state = ownMember(event, "state");
  const isExpected =
    state === undefined ||
    streamId === undefined ||
    (typeof state === "string" && (await isVerificationState(streamId, state)));
  if (!isExpected) {
    throw new SetError("invalid_state", "state is not one that was asked for");
  }
}

/** Say what a transmitter has made of the stream, for the log. */
export function describeStatus({ event }: SecurityEvent): string {
  const status = ownMember(event, "status");
  return `the transmitter says that the stream is ${STATUSES.has(status) ? String(status) : "of another status"}`;
}
