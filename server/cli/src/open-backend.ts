import type { InsecureCreateIssuerOptions } from "@countersign/issuer";
import { type OpenIssuer, openIssuer } from "@countersign/issuer/internal";
import { type IssuerOptions, joinObservers, type MessageBus, type Observer } from "@countersign/server";
import { auditTo, resolveObserver, SILENT_BUS, systemClock } from "@countersign/server/internal";
import { createTraceObserver } from "@countersign/server/opentelemetry";
import type { Logger } from "pino";
import type { Terminal } from "./command.ts";
import { makeDataFolder } from "./data-folder.ts";
import { resolveOtherIssuers } from "./federated-issuers.ts";
import { explainIssuerError } from "./issuer-errors.ts";
import { createLogAudit, createPinoRefusalLog, logsRefusals } from "./log-audit.ts";
import { openAudit } from "./open-audit.ts";
import { openBus } from "./open-bus.ts";
import { type BusState, createBusState } from "./operate/bus-state.ts";
import { createLog } from "./operate/log.ts";
import { createMetrics, type Metrics } from "./operate/metrics.ts";
import { createStateMetrics } from "./operate/state-metrics.ts";
import { urlsOf } from "./public-urls.ts";
import type { ServerConfig } from "./server-config.ts";
import type { SettingName } from "./settings.ts";
import { secretOf, storeOf } from "./store-settings.ts";
import { readTrustedIssuers } from "./trusted-issuers.ts";

/** What a server runs on: all that is opened at its start and closed at its end. */
export interface Backend extends AsyncDisposable {
  readonly config: ServerConfig;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Observes the gate and the issuer: the log, the figures and the audit file. */
  readonly observer: Observer;
  readonly issuer: OpenIssuer;
  /** The other issuers whose tokens are accepted in calls. */
  readonly otherIssuers: readonly IssuerOptions[];
  /** Carries messages between the processes of this server. */
  readonly workerBus: MessageBus;
  /** Whether messages between servers arrive. */
  readonly busState: BusState;
}

/** What a backend differs in from that of `countersign serve` in one process. */
export interface BackendMode {
  /** Make the secret file when it is missing, whatever the store is. Default: with SQLite only. */
  readonly createsSecret?: boolean | undefined;
  /** Carries messages between the processes of this server. Default: it is the only one. */
  readonly bus?: MessageBus | undefined;
  /** The name that stands in its tokens. */
  readonly issuerUrl: string;
  /** The settings that were set, and not left to a default. */
  readonly given: ReadonlySet<SettingName>;
}

/**
 * Open what a server runs on: the log, the figures, the audit trail and the issuer.
 *
 * @throws CommandError when the store, the secret file or the audit file is not usable, or the store belongs to an
 *   issuer of another name
 */
export async function openBackend(
  config: ServerConfig,
  terminal: Terminal,
  mode: BackendMode,
): Promise<Backend> {
  const { bus: workerBus = SILENT_BUS, issuerUrl } = mode;
  const log = createLog(config.logLevel, (line) => terminal.warn(line.trimEnd()));
  const metrics = createMetrics();
  const figures = joinObservers(metrics.observer, createTraceObserver());
  const others = await resolveOthers(config, issuerUrl, { log, observe: figures });
  await using opened = new AsyncDisposableStack();
  const file = opened.use(openAudit(config, (err) => log.error({ err }, "the audit file cannot be written")));
  opened.defer(terminal.onHangup(() => file.reopen()));
  const audits = [createLogAudit(log), file].map(auditTo);
  const refusals = logsRefusals(config, terminal) ? [createPinoRefusalLog(log)] : [];
  const busState = createBusState();
  const observer = joinObservers(figures, busState.observer, ...audits, ...refusals);
  const bus = opened.use(await openBus(config, busState.reportTo(log))) ?? mode.bus;
  const parts = { log, observer, bus, federated: others.federated };
  const issuer = opened.use(await openOwnIssuer(config, mode, parts));
  createStateMetrics(metrics.registry, { issuer, busState });
  const resources = opened.move();
  return {
    config,
    log,
    metrics,
    observer,
    issuer,
    otherIssuers: others.issuers,
    workerBus,
    busState,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

async function resolveOthers(
  { audience, trustedIssuers }: ServerConfig,
  issuer: string,
  { log, observe }: { readonly log: Logger; readonly observe: Observer },
): Promise<ReturnType<typeof resolveOtherIssuers>> {
  const onWarning = (warning: string): void => log.warn(warning);
  const observer = resolveObserver({ observe }, { onWarning, clock: systemClock });
  const given = await readTrustedIssuers(trustedIssuers, onWarning);
  return resolveOtherIssuers(given, { audience, issuer }, { observer, onWarning });
}

interface IssuerParts extends Pick<Backend, "log" | "observer"> {
  readonly bus: MessageBus | undefined;
  readonly federated: ReturnType<typeof resolveOtherIssuers>["federated"];
}

async function openOwnIssuer(
  config: ServerConfig,
  { createsSecret = false, issuerUrl, given }: BackendMode,
  { log, observer, bus, federated }: IssuerParts,
): Promise<OpenIssuer> {
  // All servers on one Postgres need the same secret: none makes its own, unless it is a demo.
  const secret = secretOf(config, { createIfMissing: createsSecret || config.databaseUrl === undefined });
  if (config.databaseUrl === undefined) {
    makeDataFolder(config.dataDir);
  }
  try {
    return await openIssuer(
      {
        store: storeOf(config),
        secret,
        ...urlsOf(config, issuerUrl),
        audience: config.audience,
        resources: config.resources,
        accessTtlMs: config.accessTtlMs,
        clockToleranceMs: config.clockToleranceMs,
        maxTokenBytes: config.maxTokenBytes,
        ...keyTimesOf(config),
        federatedIssuers: federated,
        allowedOrigins: config.corsOrigins,
        ...ratesOf(config),
        replaces: { url: config.changeIssuerFrom, audience: config.changeAudienceFrom },
        // A default, such as the address of a demo, is no name that the store keeps.
        provisional: listProvisional(given),
        bus,
        observe: observer,
        onError: (err, what) => log.error({ err }, what),
        onWarning: (warning) => log.warn(warning),
        insecure: insecureOf(config),
      },
      config,
    );
  } catch (error) {
    throw explainIssuerError(error, config);
  }
}

function keyTimesOf({ keyRotationMs, keyPublishBeforeMs, jwksMaxAgeMs }: ServerConfig) {
  return { keyRotationMs, keyPublishBeforeMs, jwksMaxAgeMs };
}

function ratesOf({ signInsPerMinute, newSessionsPerHour, tokenRevocationsPerHour }: ServerConfig) {
  return { signInsPerMinute, newSessionsPerHour, tokenRevocationsPerHour };
}

function insecureOf(config: ServerConfig): InsecureCreateIssuerOptions {
  return {
    failOpen: config.insecureFailOpen,
    allowHttp: config.insecureHttpIssuer,
    sharedFiles: config.insecureSharedFiles,
  };
}

function listProvisional(given: ReadonlySet<SettingName>): readonly ("audience" | "url")[] {
  const names = [
    { isKept: given.has("issuer"), name: "url" },
    { isKept: given.has("audience"), name: "audience" },
  ] as const;
  return names.filter(({ isKept }) => !isKept).map(({ name }) => name);
}
