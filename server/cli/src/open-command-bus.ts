import type { ClosableBus } from "@countersign/issuer/bus";
import { type BusConfig, openBus } from "./open-bus.ts";
import { reasonOf } from "./reason-of.ts";

/**
 * Open the bus over which servers learn at once of what a command changes. It waits until there is a connection, or it is
 * known that there is none: servers then find the changes by polling.
 *
 * @param warn receives why there is no connection
 * @returns undefined: the settings name no bus
 * @throws UsageError, CommandError as `openBus` does
 */
export async function openCommandBus(
  config: BusConfig,
  warn: (message: string) => void,
): Promise<ClosableBus | undefined> {
  const { promise: isTried, resolve } = Promise.withResolvers<void>();
  const bus = await openBus(config, (error) => {
    warn(`${reasonOf(error)}: servers find what changes a little later, by polling`);
    resolve();
  });
  if (bus !== undefined) {
    // A subscriber gets an empty message when its subscription begins.
    bus.subscribe("countersign_command", () => resolve());
    await isTried;
  }
  return bus;
}
