/** Figures under which one alert fires, and no other. */
export interface AlertCase {
  readonly alert: string;
  /** Series of a minute's interval, in the notation of promtool: they take the place of those of a healthy server. */
  readonly series: Readonly<Record<string, string>>;
  /** When it is looked at, in minutes after the first value. Default: after an hour. */
  readonly minutes?: number;
  /** The labels that it fires with, beside its own. Default: that of the server. */
  readonly labels?: Readonly<Record<string, string>>;
}

const SERVER = 'instance="a"';
const server = (name: string, labels = ""): string =>
  `${name}{${[SERVER, labels].filter(Boolean).join(",")}}`;

const ready = server("countersign_ready");
const readAt = server("countersign_revocations_read_seconds");
const unwritten = server("countersign_revocations_unwritten");
const answered = server("countersign_store_queries_total", 'result="answered"');
const failed = server("countersign_store_queries_total", 'result="failed"');
const refreshed = server("countersign_refreshes_total", 'outcome="refreshed"');
const reused = server("countersign_refreshes_total", 'outcome="REUSE"');
const unavailable = server("countersign_refreshes_total", 'outcome="AUTH_UNAVAILABLE"');
const invalid = server("countersign_refreshes_total", 'outcome="REFRESH_TOKEN_INVALID"');
const issuer = 'issuer="https://login.example.com"';
const fetched = server("countersign_key_fetches_total", `${issuer},result="fetched"`);
const notFetched = server("countersign_key_fetches_total", `${issuer},result="failed"`);
const allowed = server("countersign_calls_decided_total", 'method="M",result="allowed",reason=""');
const decidedDenied = server(
  "countersign_calls_decided_total",
  'method="M",result="denied",reason="TOKEN_MISSING"',
);
const denied = server("countersign_calls_denied_total", 'method="M",reason="TOKEN_MISSING"');
const internal = server("countersign_calls_decided_total", 'method="M",result="denied",reason="INTERNAL"');
const lost = server("countersign_workers_lost_total");
const waiting = server("countersign_store_connections", 'state="waiting"');
const bus = server("countersign_bus_up");
const renewedHere = server("countersign_stream_renewals_asked_total", 'result="here"');
const renewedNowhere = server("countersign_stream_renewals_asked_total", 'result="unknown"');
const logout = (result: string): string =>
  server("countersign_logouts_total", `kind="push",event="session-revoked",result="${result}"`);
const verifiedAt = server("countersign_event_stream_verified_seconds", issuer);
const keySince = server("countersign_signing_key_active_seconds");
const certificate = server("countersign_tls_certificate_expires_seconds");
const schema = (of: string): string => server("countersign_store_schema_version", `of="${of}"`);

/** A histogram of which all are below the first bound, or all above it and below the second. */
function histogram(name: string, [first, second]: readonly [number, number], are: "fast" | "slow") {
  const growing = "0+60x1600";
  return {
    [server(`${name}_bucket`, `le="${first}"`)]: are === "fast" ? growing : "0x1600",
    [server(`${name}_bucket`, `le="${second}"`)]: growing,
    [server(`${name}_bucket`, 'le="+Inf"')]: growing,
  };
}

const query = (are: "fast" | "slow") => histogram("countersign_store_query_seconds", [0.1, 1], are);
const refresh = (are: "fast" | "slow") => histogram("countersign_refresh_seconds", [0.5, 5], are);
const lateness = (are: "fast" | "slow") =>
  histogram("countersign_stream_end_lateness_seconds", [0.1, 1], are);

/** A server that calls are made to, for a day and more. The first of its values stands at 0 s since 1970. */
export const HEALTHY: Readonly<Record<string, string>> = {
  [ready]: "1x1600",
  [readAt]: "0+60x1600",
  [unwritten]: "0x1600",
  [answered]: "0+600x1600",
  [failed]: "0x1600",
  [refreshed]: "0+60x1600",
  [reused]: "0x1600",
  [invalid]: "0+6x1600",
  [fetched]: "0+1x1600",
  [notFetched]: "0x1600",
  [allowed]: "0+600x1600",
  [decidedDenied]: "0+60x1600",
  [denied]: "0+60x1600",
  [internal]: "0x1600",
  [lost]: "0x1600",
  [waiting]: "0x1600",
  [bus]: "1x1600",
  [renewedHere]: "0+60x1600",
  [renewedNowhere]: "0+1x1600",
  [logout("taken")]: "0+1x1600",
  [logout("failed")]: "0x1600",
  [verifiedAt]: "0+60x1600",
  [keySince]: "0x1600",
  [certificate]: "7776000x1600",
  [schema("database")]: "9x1600",
  [schema("program")]: "9x1600",
  ...query("fast"),
  ...refresh("fast"),
  ...lateness("fast"),
};

/** One for each alert, in their order. */
export const CASES: readonly AlertCase[] = [
  { alert: "CountersignAbsent", series: { [ready]: "_x1600" }, labels: {} },
  { alert: "CountersignNotReady", series: { [ready]: "1x30 0x30" } },
  { alert: "CountersignRevocationsOld", series: { [readAt]: "0+60x57 3420x10" } },
  { alert: "CountersignRevocationsUnwritten", series: { [unwritten]: "0x50 3x20" } },
  { alert: "CountersignStoreFails", series: { [failed]: "0+10x1600" } },
  { alert: "CountersignRefreshesFail", series: { [unavailable]: "0+6x1600" } },
  {
    alert: "CountersignKeysUnreachable",
    series: { [fetched]: "0+1x20 20x50", [notFetched]: "0x20 0+1x50" },
    labels: { issuer: "https://login.example.com" },
  },
  { alert: "CountersignRefreshTokenReused", series: { [reused]: "0x55 1x20" } },
  { alert: "CountersignInternalErrors", series: { [internal]: "0x55 1x20" } },
  { alert: "CountersignCallsDenied", series: { [decidedDenied]: "0+900x1600", [denied]: "0+900x1600" } },
  { alert: "CountersignWorkersLost", series: { [lost]: "0x55 1x20" } },
  { alert: "CountersignStoreSlow", series: query("slow") },
  { alert: "CountersignStoreConnectionsShort", series: { [waiting]: "0x30 4x40" } },
  { alert: "CountersignRefreshesSlow", series: refresh("slow") },
  { alert: "CountersignBusDown", series: { [bus]: "1x40 0x30" } },
  { alert: "CountersignRenewalsUnknown", series: { [renewedNowhere]: "0+6x1600" } },
  { alert: "CountersignStreamsEndLate", series: lateness("slow") },
  { alert: "CountersignLogoutsFail", series: { [logout("failed")]: "0+1x1600" } },
  {
    alert: "CountersignEventStreamSilent",
    series: { [verifiedAt]: "0x1600" },
    minutes: 7 * 60,
    labels: { issuer: "https://login.example.com" },
  },
  { alert: "CountersignSigningKeyOld", series: { [keySince]: "-3888100x1600" }, minutes: 90 },
  { alert: "CountersignCertificateExpires", series: { [certificate]: "604800x1600" }, minutes: 90 },
  {
    alert: "CountersignSchemaNewer",
    series: { [schema("database")]: "10x1600" },
    minutes: 1500,
  },
];

/** The labels of the one server. */
export const SERVER_LABELS = { instance: "a" } as const;
