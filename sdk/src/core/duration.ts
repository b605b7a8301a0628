import type { Duration } from "@bufbuild/protobuf/wkt";

const NANOS_PER_MS = 1_000_000;

/** Convert a protobuf duration to milliseconds; an absent one is 0. */
export function durationMs(duration: Duration | undefined): number {
  if (duration === undefined) {
    return 0;
  }
  return Number(duration.seconds) * 1000 + duration.nanos / NANOS_PER_MS;
}
