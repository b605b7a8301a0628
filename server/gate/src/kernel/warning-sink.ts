import { isolateSink } from "./isolate-sink.ts";

/**
 * Resolve an `onWarning`, once for all that warn: what it throws, or rejects with, is printed, and is kept from who warns. It
 * may be in the middle of a call, or in a microtask, where it would end the process.
 *
 * @param onWarning Default: `console.warn`, since a warning must be seen also where no log was given
 */
export function resolveWarningSink(
  onWarning: (message: string) => void = printWarning,
): (message: string) => void {
  return isolateSink(onWarning, "onWarning");
}

function printWarning(message: string): void {
  // biome-ignore lint/suspicious/noConsole: the application has given no other place
  console.warn(`countersign: ${message}`);
}
