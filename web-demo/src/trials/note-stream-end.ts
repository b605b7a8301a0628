import type { Device } from "../devices/open-device.ts";
import { describeRefusal, type Note } from "./finding.ts";

/** Show how the stream of a device ends. @param sinceMs from when to count, as `performance.now()` does */
export async function noteStreamEnd(note: Note, device: Device, sinceMs: number): Promise<void> {
  const { error, atMs } = await device.streamEnd;
  note({
    what: `Its stream, ${Math.max(0, Math.round(atMs - sinceMs))} ms later`,
    ...describeRefusal(error),
  });
}
