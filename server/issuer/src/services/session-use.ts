import type { SessionUse } from "../store/session-record.ts";

/** How long the name of a device may be, in bytes of UTF-8. */
export const MAX_DEVICE_BYTES = 256;

/** How much is kept of a header or an address, in UTF-16 units: enough for the longest that browsers send. */
const MAX_SHOWN_CHARS = 256;

/** Control characters and their like: they would move the cursor of a terminal, or turn the order of a line. */
const UNSHOWABLE = /[\p{C}\p{Zl}\p{Zp}]+/gu;

/** What a request says of where it comes from. */
export interface RequestOrigin {
  readonly headers: Headers;
  /** Its address, in the form that limits count by; empty when it is not known. */
  readonly peer: string;
  /** What the client calls its device. Default: its header `user-agent`. */
  readonly device?: string;
}

/** Read where a request comes from, to show it to the owner of its session. */
export function toSessionUse({ headers, peer, device = "" }: RequestOrigin): SessionUse {
  return {
    device: toShownText(device) ?? toShownText(headers.get("user-agent") ?? ""),
    address: toShownText(peer),
  };
}

/** Make a text from outside fit to be stored and shown on one line. @returns undefined when nothing is left of it */
export function toShownText(text: string): string | undefined {
  const shown = text.slice(0, MAX_SHOWN_CHARS).replace(UNSHOWABLE, " ").trim();
  return shown === "" ? undefined : shown;
}
