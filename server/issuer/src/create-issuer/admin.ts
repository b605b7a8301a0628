import type { AuditSink, Clock, IssuerOptions, MessageBus } from "@countersign/server";
import { SILENT_BUS, systemClock } from "@countersign/server/internal";
import { type Accounts, createAccounts } from "../credentials/accounts.ts";
import { type Clients, createClients } from "../credentials/clients.ts";
import { createPasswords } from "../credentials/password.ts";
import type { KeyRingTimes } from "../keys/key-times.ts";
import { toNewRevocation } from "../revoke/revocation-order.ts";
import { endSessions, type SessionEnd } from "../sessions/end-sessions.ts";
import { createHashReplacer } from "../sessions/replace-password.ts";
import type { Store } from "../store/database.ts";
import { insertRevocations } from "../store/revocations.ts";
import { createStoreClock } from "../store/store-clock.ts";
import { type OrderedKeys, openOrderedKeys } from "./key-ring.ts";
import { openIssuerStore } from "./open-store.ts";
import type { IssuerStoreLocation, SecretFile } from "./options.ts";
import { makeSecret, readSecret } from "./secret.ts";
import {
  readStoredNames,
  readStoredTrust,
  type StoredNames,
  type StoredTrustOptions,
} from "./stored-trust.ts";

/** What {@link openIssuerAdmin} takes. */
export interface IssuerAdminOptions {
  readonly store: IssuerStoreLocation;
  readonly audit: AuditSink;
  /** Carries to the servers what has changed, as option `bus` of theirs does. Default: Postgres does. */
  readonly bus?: MessageBus | undefined;
  /** Make the database and its tables when they are missing. Default: false, that is an error, and nothing is changed. */
  readonly createIfMissing?: boolean;
  /** Take a database and a secret that others can change. Default: false, that is an error. */
  readonly sharedFiles?: boolean;
}

/** The keys to work on. */
export interface AdminKeysOptions {
  readonly secret: SecretFile;
  readonly times: KeyRingTimes;
}

/** The names that stand in the tokens of an issuer. */
export type TrustNames = Pick<StoredTrustOptions, "audience" | "resources" | "url">;

/** What changes a store beside its servers, which read of it in the store. */
export interface IssuerAdmin extends AsyncDisposable {
  readonly store: Store;
  /** The time, the same for all that work on the store. */
  readonly clock: Clock;
  readonly accounts: Accounts;
  readonly clients: Clients;
  /** End sessions: all servers learn of it within a second. @returns those that were ended */
  endSessions(end: SessionEnd): Promise<readonly string[]>;
  /** Read under which names its servers run. */
  readNames(): Promise<StoredNames>;
  /** Read how gates trust its issuer: its keys and what is revoked, as they are now. Nothing is written. */
  readTrust(names: TrustNames): Promise<IssuerOptions>;
  /** Open the keys. @throws IssuerError when the secret is not the one that they were made with; Error when there are none */
  openKeys(options: AdminKeysOptions): Promise<OrderedKeys>;
}

/**
 * Open a store to change what is in it, without serving anything.
 *
 * @throws IssuerError when it cannot be opened
 * @throws StoreMissingError when there is none, and none may be made
 */
export async function openIssuerAdmin(options: IssuerAdminOptions): Promise<IssuerAdmin> {
  const { audit, bus = SILENT_BUS, createIfMissing = false, sharedFiles = false } = options;
  const onShared = sharedFiles ? () => undefined : undefined;
  await using opened = new AsyncDisposableStack();
  const how = { bus, onOutage: () => undefined, migrate: createIfMissing, onShared };
  const store = opened.use(await openIssuerStore(options.store, how));
  const clock = createStoreClock({ store, machine: systemClock });
  // Set once: a command is over before the two clocks part.
  await clock.start();
  clock.close();
  const context = { store, clock, audit, revocations: { learn: () => undefined } };
  const end = (sessions: SessionEnd): Promise<readonly string[]> => endSessions(context, sessions);
  const resources = opened.move();
  return {
    store,
    clock,
    accounts: createAccounts({
      store,
      clock,
      audit,
      sessions: { end },
      passwords: createPasswords(),
      replaceHash: createHashReplacer(context),
    }),
    clients: createClients({
      store,
      clock,
      audit,
      sessions: { end },
      revocations: {
        revoke: (order) => insertRevocations(store, [toNewRevocation(order, { nowMs: clock.nowMs() })]),
      },
    }),
    endSessions: end,
    readNames: () => readStoredNames(store),
    readTrust: ({ url, audience, resources }) => readStoredTrust({ store, clock, url, audience, resources }),
    async openKeys({ secret: file, times }) {
      const secret =
        readSecret(file, { store: options.store, onShared }) ?? (await makeSecret(file, { store, onShared }));
      return openOrderedKeys({ store, clock, audit, times, secret });
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
