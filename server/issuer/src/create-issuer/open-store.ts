import { AuthError, type MessageBus } from "@countersign/server";
import { openDatabase, PgMissingError, type Store, type StoreOptions } from "../store/database.ts";
import { StoreMissingError, StoreTooNewError } from "../store/migrations/migrate.ts";
import type { SharedFileSink } from "../store/private-path.ts";
import { IssuerError } from "./issuer-error.ts";
import type { IssuerStoreLocation } from "./options.ts";

/** How a store is opened. */
export interface OpenStoreOptions {
  /** Carries messages between the processes on a SQLite database; on Postgres, beside the bus that it has. */
  readonly bus: MessageBus;
  /** Receives the reason why the database cannot be used, from time to time while it cannot. */
  readonly onOutage: (cause: unknown) => void;
  /** Whether to make the database and its tables, and bring them up to date. Default: true. */
  readonly migrate?: boolean;
  /** Receives why others can change a SQLite database, which is taken nevertheless. Default: that is an error. */
  readonly onShared?: SharedFileSink | undefined;
  /** Observes queries. It must not throw. Absent: they are not measured. */
  readonly onQuery?: StoreOptions["onQuery"];
  /** Receives what is to be known where a pooler hands out connections by transaction. Default: it is not told. */
  readonly onPooler?: StoreOptions["onPooler"];
  /** Receives what came of the messages of the bus to itself. It must not throw. Default: nothing is told. */
  readonly onBusTest?: StoreOptions["onBusTest"];
}

/**
 * Open a store, and bring it up to date unless `migrate` is false.
 *
 * @throws IssuerError when it cannot be opened, or is of a newer release
 * @throws StoreMissingError when there is none, and `migrate` is false
 */
export async function openIssuerStore(
  location: IssuerStoreLocation,
  { bus, migrate = true, onOutage, onShared, onQuery, onPooler, onBusTest }: OpenStoreOptions,
): Promise<Store> {
  try {
    const place = { ...location, bus };
    return await openDatabase(place, { migrate, onOutage, onShared, onQuery, onPooler, onBusTest });
  } catch (cause) {
    throw cause instanceof StoreMissingError ? cause : toIssuerError(cause, location);
  }
}

function toIssuerError(cause: unknown, location: IssuerStoreLocation): IssuerError {
  if (cause instanceof PgMissingError) {
    return new IssuerError("PG_MISSING", cause.message, { cause });
  }
  const place = placeOf(location);
  if (cause instanceof StoreTooNewError) {
    return new IssuerError("STORE_TOO_NEW", `${place} cannot be used: ${cause.message}`, { cause });
  }
  const why = reasonOf(cause);
  return new IssuerError("STORE_UNAVAILABLE", `${place} cannot be opened: ${why}`, { cause });
}

/** Describe where a store is, without the password that its URL may hold. */
function placeOf(location: IssuerStoreLocation): string {
  if ("sqlite" in location) {
    return `the database ${location.sqlite}`;
  }
  const { host, username } = URL.parse(location.postgres) ?? {};
  // A slash in a password that is not percent-encoded ends the host: what stands there is the name and the password.
  const isUnsure = host === undefined || (username === "" && location.postgres.includes("@"));
  return `the database at ${isUnsure ? "that URL" : host === "" ? "its socket" : host}`;
}

/**
 * Find what the database said: it is in the cause of the error for callers, and for a host with several addresses, in
 * its list.
 */
function reasonOf(error: unknown): string {
  if (error instanceof AuthError && error.cause !== undefined) {
    return reasonOf(error.cause);
  }
  if (error instanceof AggregateError && error.message === "") {
    return reasonOf(error.errors[0]);
  }
  return error instanceof Error && error.message !== "" ? error.message : "for no reason that it gave";
}
