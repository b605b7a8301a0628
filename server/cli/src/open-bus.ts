import { readFileSync } from "node:fs";
import { type ClosableBus, createNatsBus } from "@countersign/issuer/bus";
import type { Config } from "./config.ts";
import { reasonOf } from "./reason-of.ts";
import { CommandError, UsageError } from "./usage-error.ts";

/**
 * Open the bus that the settings name; undefined: they name none.
 *
 * @param onError receives why it cannot be used
 * @throws UsageError when it is named without a database, or its credentials without it
 * @throws CommandError when a file cannot be read, or the package that it needs is missing
 */
export async function openBus(
  { bus: servers, busCredentials, busCa, databaseUrl }: BusConfig,
  onError: (error: unknown) => void,
): Promise<ClosableBus | undefined> {
  if (servers === undefined) {
    if (busCredentials !== undefined || busCa !== undefined) {
      throw new UsageError("--bus-credentials and --bus-ca go with --bus");
    }
    return undefined;
  }
  if (databaseUrl === undefined) {
    throw new UsageError("--bus goes with --database-url: SQLite is for one server");
  }
  return await createNatsBus({
    servers,
    credentials: busCredentials === undefined ? undefined : { file: readable(busCredentials) },
    tls: busCa === undefined ? undefined : { ca: readFile(busCa) },
    onError,
  }).catch((cause: unknown) => {
    throw cause instanceof TypeError
      ? new UsageError(cause.message, { cause })
      : new CommandError(reasonOf(cause), { cause });
  });
}

type BusConfig = Pick<Config, "bus" | "busCa" | "busCredentials" | "databaseUrl">;

/** A file that is missing is found at the start, and not with each attempt to connect. */
function readable(file: string): string {
  readFile(file);
  return file;
}

function readFile(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new CommandError(`${file} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}
