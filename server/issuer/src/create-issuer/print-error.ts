import type { IssuerErrorSink } from "./options.ts";

/** Prints an error, where no sink was given for it: it must not be lost. */
export const printError: IssuerErrorSink = (error, what) => {
  // biome-ignore lint/suspicious/noConsole: the last resort of a library that was given no log
  console.error(`countersign: ${what}`, error);
};
