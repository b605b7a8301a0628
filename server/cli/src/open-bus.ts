import { readFileSync } from "node:fs";
import { type ClosableBus, createNatsBus, type NatsBusOptions } from "@countersign/issuer/bus";
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
  config: BusConfig,
  onError: (error: unknown) => void,
): Promise<ClosableBus | undefined> {
  const { bus: servers, busCredentials, busCa, busCert, busKey, busSubject, databaseUrl } = config;
  if (servers === undefined) {
    if ([busCredentials, busCa, busCert, busKey, busSubject].some((setting) => setting !== undefined)) {
      throw new UsageError(
        "--bus-credentials, --bus-ca, --bus-cert, --bus-key and --bus-subject go with --bus",
      );
    }
    return undefined;
  }
  if ((busCert === undefined) !== (busKey === undefined)) {
    throw new UsageError("--bus-cert and --bus-key go together");
  }
  if (databaseUrl === undefined) {
    throw new UsageError("--bus goes with --database-url: SQLite is for one server");
  }
  return await createNatsBus({
    servers,
    credentials: busCredentials === undefined ? undefined : { file: readable(busCredentials) },
    tls: toTls(config),
    subject: busSubject,
    onError,
  }).catch((cause: unknown) => {
    throw cause instanceof TypeError
      ? new UsageError(cause.message, { cause })
      : new CommandError(reasonOf(cause), { cause });
  });
}

/** What says which bus there is. */
export type BusConfig = Pick<
  Config,
  "bus" | "busCa" | "busCert" | "busCredentials" | "busKey" | "busSubject" | "databaseUrl"
>;

function toTls({ busCa, busCert, busKey }: BusConfig): NatsBusOptions["tls"] {
  const [caFile, certFile, keyFile] = [busCa, busCert, busKey].map((file) => file && readable(file));
  const isGiven = caFile !== undefined || certFile !== undefined;
  return isGiven ? { caFile, certFile, keyFile } : undefined;
}

/** A file that is missing is found at the start, and not with each attempt to connect. */
function readable(file: string): string {
  try {
    readFileSync(file);
    return file;
  } catch (cause) {
    throw new CommandError(`${file} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}
