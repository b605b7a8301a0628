import type { Logger } from "pino";
import { systemClock } from "../clock.ts";
import { createKeyRing, type KeyRing } from "../issue/key-ring.ts";
import type { AuditSink } from "../operate/audit.ts";
import { createLog } from "../operate/log.ts";
import { createMetrics, type Metrics } from "../operate/metrics.ts";
import { createRevocations, type Revocations } from "../revoke/revocations.ts";
import type { Store } from "../store/database.ts";
import type { Terminal } from "./command.ts";
import type { Config } from "./config.ts";
import { createLogAudit, joinAudits } from "./log-audit.ts";
import { openStore, readSecret } from "./open-store.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;

/** What a server runs on: all that is opened at its start and closed at its end. */
export interface Backend extends AsyncDisposable {
  readonly config: Config;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly audit: AuditSink;
  readonly store: Store;
  /** The key-encryption key. */
  readonly secret: Uint8Array;
  readonly keyRing: KeyRing;
  readonly revocations: Revocations;
}

/**
 * Open what a server runs on: the log, the store, the keys and what has been revoked.
 *
 * @throws CommandError when the store or the secret file is not usable
 */
export async function openBackend(config: Config, terminal: Terminal): Promise<Backend> {
  const log = createLog(config.logLevel, (line) => terminal.warn(line.trimEnd()));
  const metrics = createMetrics();
  const audit = joinAudits(createLogAudit(log), metrics.audit);
  const secret = readSecret(config);
  await using opened = new AsyncDisposableStack();
  const store = opened.use(await openStore(config));
  const onError = (err: unknown): void => log.error({ err }, "the store could not be read");
  const times = { accessTtlMs: config.accessTtl, clockToleranceMs: config.clockTolerance };
  const keyRing = createKeyRing({ store, secret, clock: systemClock, audit, times, onError });
  opened.defer(() => keyRing.close());
  const revocations = createRevocations({
    store,
    clock: systemClock,
    // Other issuers decide for themselves how long their tokens last; more than a day is never accepted.
    accessTtlMs: config.trustedIssuers === undefined ? config.accessTtl : DAY_MS,
    onError,
  });
  opened.defer(() => revocations.close());
  await keyRing.start();
  await revocations.start();
  const resources = opened.move();
  return {
    config,
    log,
    metrics,
    audit,
    store,
    secret,
    keyRing,
    revocations,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
