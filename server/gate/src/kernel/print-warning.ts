/** Print a warning: it must be seen also where no log was given. */
export function printWarning(message: string): void {
  // biome-ignore lint/suspicious/noConsole: the application has given no other place
  console.warn(`countersign: ${message}`);
}
