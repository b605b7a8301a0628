import type { Store } from "@countersign/issuer";
import { createKeyRing, createRevocations, type KeyRing, type Revocations } from "@countersign/issuer";
import {
  type Bus,
  createPruner,
  createSealedWords,
  createStoreClock,
  MAX_ACCESS_LIFE_MS,
  SILENT_BUS,
} from "@countersign/issuer/internal";
import type { AuditSink, Clock } from "@countersign/server";
import { systemClock } from "@countersign/server/internal";
import type { Logger } from "pino";
import type { Terminal } from "./command.ts";
import { createLogAudit, joinAudits } from "./log-audit.ts";
import { openAudit } from "./open-audit.ts";
import { openStore, readSecret } from "./open-store.ts";
import { createLog } from "./operate/log.ts";
import { createMetrics, type Metrics } from "./operate/metrics.ts";
import type { ServerConfig } from "./server-config.ts";
import type { SettingName } from "./settings.ts";
import { startKeyRing } from "./start-key-ring.ts";
import { assertStoreIdentity } from "./store-identity.ts";

/** How much a machine's clock may be off before the log says so, in milliseconds. */
const CLOCK_WARNING_MS = 1_000;

/** How often a server reads the keys at the least, in milliseconds. */
const KEY_POLL_MS = 5_000;

/** What a server runs on: all that is opened at its start and closed at its end. */
export interface Backend extends AsyncDisposable {
  readonly config: ServerConfig;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly audit: AuditSink;
  readonly store: Store;
  /** The time, the same for all servers on the store. */
  readonly clock: Clock;
  /** The key-encryption key. */
  readonly secret: Uint8Array;
  readonly keyRing: KeyRing;
  readonly revocations: Revocations;
  /** Carries words between the processes of this server. */
  readonly workerBus: Bus;
}

/** What a backend differs in from that of `countersign serve` in one process. */
export interface BackendMode {
  /** Make the secret file when it is missing, whatever the store is. Default: with SQLite only. */
  readonly createsSecret?: boolean | undefined;
  /** Carries words between the processes of this server. Default: it is the only one. */
  readonly bus?: Bus | undefined;
  /** The name that stands in its tokens. */
  readonly issuerUrl: string;
  /** The settings that were set, and not left to a default. */
  readonly given: ReadonlySet<SettingName>;
}

/**
 * Open what a server runs on: the log, the store, the keys and what has been revoked.
 *
 * @throws CommandError when the store, the secret file or the audit file is not usable, or the store belongs to an
 *   issuer of another name
 */
export async function openBackend(
  config: ServerConfig,
  terminal: Terminal,
  mode: BackendMode,
): Promise<Backend> {
  const log = createLog(config.logLevel, (line) => terminal.warn(line.trimEnd()));
  const metrics = createMetrics();
  const { bus: workerBus = SILENT_BUS } = mode;
  const secret = readSecret(config, mode);
  await using opened = new AsyncDisposableStack();
  const file = opened.use(openAudit(config, (err) => log.error({ err }, "the audit file cannot be written")));
  opened.defer(terminal.onHangup(() => file.reopen()));
  const audit = joinAudits(createLogAudit(log), metrics.audit, file);
  const onOutage = logged(log, "the database cannot be used");
  const store = opened.use(await openStore(config, { bus: workerBus, onOutage }));
  await assertStoreIdentity(store, { ...mode, config }, log);
  const context = { config, log, audit, store, secret };
  const clock = await openClock(context, opened);
  const keyRing = await openKeyRing({ ...context, clock }, opened);
  const { issuerUrl } = mode;
  const revocations = await openRevocations({ ...context, clock, keyRing, issuerUrl }, opened);
  const pruner = createPruner({ store, clock, onError: logged(log, "outlived rows could not be removed") });
  pruner.start();
  opened.defer(() => pruner.close());
  const resources = opened.move();
  return {
    ...{ config, log, metrics, audit, store, clock, secret, keyRing, revocations, workerBus },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

type Context = Pick<Backend, "audit" | "config" | "log" | "secret" | "store">;

async function openClock({ store, log }: Context, opened: AsyncDisposableStack): Promise<Clock> {
  const clock = createStoreClock({ store, machine: systemClock });
  await clock.start();
  opened.defer(() => clock.close());
  const aheadMs = clock.aheadMs();
  if (Math.abs(aheadMs) > CLOCK_WARNING_MS) {
    log.warn({ aheadMs }, "the clock of this machine is not that of the database, which all servers go by");
  }
  return clock;
}

async function openKeyRing(
  { config, store, secret, clock, audit, log }: Context & { readonly clock: Clock },
  opened: AsyncDisposableStack,
): Promise<KeyRing> {
  const times = {
    accessTtlMs: config.accessTtl,
    clockToleranceMs: config.clockTolerance,
    jwksMaxAgeMs: config.jwksMaxAge,
    publishBeforeMs: config.keyPublishBefore,
    rotateAfterMs: config.keyRotation,
    pollMs: Math.min(KEY_POLL_MS, Math.ceil(config.keyPublishBefore / 4)),
  };
  const onError = logged(log, "the keys could not be read");
  const keyRing = createKeyRing({ store, secret, clock, audit, times, onError });
  opened.defer(() => keyRing.close());
  await startKeyRing(keyRing, config);
  return keyRing;
}

async function openRevocations(
  context: Context & Pick<Backend, "clock" | "keyRing"> & Pick<BackendMode, "issuerUrl">,
  opened: AsyncDisposableStack,
): Promise<Revocations> {
  const { config, store, clock, log, audit, secret, keyRing, issuerUrl } = context;
  if (config.insecureFailOpen) {
    log.warn("insecure-fail-open: revoked tokens are accepted while the database is out of reach");
  }
  const revocations = createRevocations({
    failOpen: config.insecureFailOpen,
    ...{ store, clock, audit, issuer: issuerUrl, seal: createSealedWords({ secret, clock }) },
    // Other issuers decide for themselves how long their tokens last; more than a day is never accepted.
    accessTtlMs: config.trustedIssuers === undefined ? config.accessTtl : MAX_ACCESS_LIFE_MS,
    onError: logged(log, "what was revoked could not be read"),
  });
  revocations.onRevoked(({ records }) => {
    if (records.some(({ dimension }) => dimension === "kid")) {
      keyRing.reload().catch(logged(log, "the keys could not be read"));
    }
  });
  opened.defer(() => revocations.close());
  await revocations.start();
  return revocations;
}

function logged(log: Logger, message: string): (err: unknown) => void {
  return (err) => log.error({ err }, message);
}
