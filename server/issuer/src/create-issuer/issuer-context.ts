import type { Clock } from "@countersign/server";
import type { KeyRing } from "../keys/key-ring.ts";
import { createSealedMessages } from "../renewal/sealed-messages.ts";
import { NO_HISTORY, type RevocationHistory } from "../revoke/revocation-history.ts";
import { createFedRevocations, type FedRevocations } from "../revoke/revocations.ts";
import { type OpenedHub, openHub } from "../signals/open-hub.ts";
import type { Store } from "../store/database.ts";
import { isReadableByOthers, type SharedFileSink } from "../store/private-path.ts";
import { createPruner } from "../store/pruner.ts";
import { createStoreClock } from "../store/store-clock.ts";
import { findIssuerUrlFault } from "./issuer-url.ts";
import { openKeyRing } from "./key-ring.ts";
import { openIssuerStore } from "./open-store.ts";
import { reportBusTests } from "./report-bus-tests.ts";
import type { ResolvedIssuerOptions } from "./resolve-options.ts";
import { makeSecret, readSecret } from "./secret.ts";
import { assertStoreNames } from "./store-names.ts";
import { watchSchema } from "./watch-schema.ts";

/** What an issuer runs on, once it is open. */
export interface IssuerContext {
  readonly options: ResolvedIssuerOptions;
  readonly store: Store;
  /** The time, the same for all servers on the store. */
  readonly clock: Clock;
  /** The key-encryption key. */
  readonly secret: Uint8Array;
  readonly keyRing: KeyRing;
  readonly revocations: FedRevocations;
  /** Serves them to other servers; undefined: they are not served. */
  readonly signals: Pick<OpenedHub, "hub" | "renewals"> | undefined;
}

/** How much a machine's clock may be off before the operator is warned, in milliseconds. */
const CLOCK_WARNING_MS = 1_000;

/**
 * Open what an issuer runs on: the store, the keys and what has been revoked.
 *
 * @param opened closes what this opens, also when it fails half-way
 * @throws IssuerError when the store or the secret is not usable, or the store belongs to an issuer of another name
 */
export async function openIssuerContext(
  options: ResolvedIssuerOptions,
  opened: AsyncDisposableStack,
): Promise<IssuerContext> {
  const { audit, onError, onWarning } = options;
  const onShared = options.sharedFiles
    ? (why: string): void => onWarning(`insecure.sharedFiles: ${why}`)
    : undefined;
  const found = readSecret(options.secret, { store: options.store, onShared });
  const store = opened.use(await openStore(options, onShared));
  await assertStoreNames(store, options);
  const secret =
    found ??
    (options.secret instanceof Uint8Array
      ? options.secret
      : await makeSecret(options.secret, { store, onShared }));
  const clock = await openClock(store, options, opened);
  opened.defer(await watchSchema({ store, clock, observer: options.observer, onError, onWarning }));
  const keyRing = await openKeyRing(
    {
      store,
      secret,
      clock,
      audit,
      times: options.keyTimes,
      onError: (error) => onError(error, "the keys could not be read"),
    },
    opened,
  );
  warnOfRisks(options);
  const { revocations, signals } = await openFeed({ store, secret, clock, options }, opened);
  revocations.onRevoked(({ records }) => {
    if (records.some(({ dimension }) => dimension === "kid")) {
      keyRing.reload().catch((error: unknown) => onError(error, "the keys could not be read"));
    }
  });
  const onPruneError = (error: unknown): void => onError(error, "expired rows could not be removed");
  const pruner = createPruner({ store, clock, onError: onPruneError });
  pruner.start();
  opened.defer(() => pruner.close());
  return { options, store, clock, secret, keyRing, revocations, signals };
}

function warnOfRisks({ url, secret, failOpen, onWarning }: ResolvedIssuerOptions): void {
  if (findIssuerUrlFault(url) !== undefined) {
    onWarning("insecure.allowHttp: tokens and keys can be read and exchanged on their way");
  }
  if (!(secret instanceof Uint8Array) && isReadableByOthers(secret.file)) {
    onWarning(`the secret file ${secret.file} can be read by others: take that from them, with chmod 600`);
  }
  if (failOpen) {
    onWarning("insecure.failOpen: revoked tokens are accepted while the database is out of reach");
  }
}

async function openClock(
  store: Store,
  { clock: machine, onWarning }: ResolvedIssuerOptions,
  opened: AsyncDisposableStack,
): Promise<Clock> {
  const clock = createStoreClock({ store, machine });
  opened.defer(() => clock.close());
  await clock.start();
  const aheadMs = clock.aheadMs();
  if (Math.abs(aheadMs) > CLOCK_WARNING_MS) {
    onWarning(
      "the clock of this machine is not that of the database, which all servers go by: " +
        `the database is ${Math.round(aheadMs)} ms ahead`,
    );
  }
  return clock;
}

type RevocationParts = Omit<IssuerContext, "keyRing" | "revocations" | "signals">;

/** Open what is revoked, and with it what hands it on, which has to see all that is read from the first row on. */
async function openFeed(
  parts: RevocationParts,
  opened: AsyncDisposableStack,
): Promise<Pick<IssuerContext, "revocations" | "signals">> {
  const { store, secret, clock, options } = parts;
  const { signals: limits, url: issuer } = options;
  if (limits === undefined) {
    return { revocations: await openRevocations(parts, NO_HISTORY, opened), signals: undefined };
  }
  const served = await openHub({
    store,
    secret,
    clock,
    issuer,
    limits,
    onServed: options.observer.feedServed,
    onError: (error) => options.onError(error, "a stream could not be renewed for another issuing server"),
  });
  opened.defer(() => served.close());
  const revocations = await openRevocations(parts, served.feed, opened);
  served.attach(revocations);
  opened.defer(() => served.hub.close());
  return { revocations, signals: served };
}

async function openRevocations(
  { store, secret, clock, options }: RevocationParts,
  history: RevocationHistory,
  opened: AsyncDisposableStack,
): Promise<FedRevocations> {
  const revocations = createFedRevocations(
    {
      store,
      clock,
      audit: options.audit,
      issuer: options.url,
      failOpen: options.failOpen,
      sealer: createSealedMessages({ secret, clock }),
      accessTtlMs: options.accessTtlMs,
      // Gates may accept other issuers beside this one, and ask it what is revoked of theirs.
      acceptsOtherIssuers: true,
      onError: (error) => options.onError(error, "what was revoked could not be read"),
    },
    history,
  );
  opened.defer(() => revocations.close());
  await revocations.start();
  return revocations;
}

function openStore(options: ResolvedIssuerOptions, onShared: SharedFileSink | undefined): Promise<Store> {
  const { bus, observer, onError, onWarning } = options;
  return openIssuerStore(options.store, {
    bus,
    onOutage: (error) => onError(error, "the database cannot be used"),
    onQuery: observer.storeQueried,
    onBusTest: reportBusTests(options),
    onPooler: onWarning,
    onShared,
  });
}
