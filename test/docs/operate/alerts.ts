/** An alert of Prometheus. */
export interface Alert {
  readonly name: string;
  /** When it is so, in PromQL. */
  readonly expr: string;
  /** For how long it must be so. */
  readonly for: string;
  /** `critical`: users are shut out, or soon will be. `warning`: it can wait until the morning. */
  readonly severity: "critical" | "warning";
  /** What is wrong, in a sentence. */
  readonly summary: string;
}

const DAY = 86_400;

/** The share of a rate in another, for each server. */
function ratio(part: string, whole: string, window: string): string {
  return `sum by (instance) (rate(${part}[${window}])) / sum by (instance) (rate(${whole}[${window}]))`;
}

function p99(histogram: string, window: string): string {
  return `histogram_quantile(0.99, sum by (instance, le) (rate(${histogram}_bucket[${window}])))`;
}

const fetches = (result: string): string =>
  `sum by (instance, issuer) (increase(countersign_key_fetches_total{result="${result}"}[15m])) > 0`;

/** Every alert: `docs/operate/alerts.yaml` is made of it, and `docs/alerts.md` has a section for each. */
export const ALERTS: readonly Alert[] = [
  {
    name: "CountersignAbsent",
    expr: "absent(countersign_ready)",
    for: "2m",
    severity: "critical",
    summary: "Prometheus reads the figures of no server.",
  },
  {
    name: "CountersignNotReady",
    expr: "countersign_ready == 0",
    for: "2m",
    severity: "critical",
    summary: "A server runs and takes no calls.",
  },
  {
    name: "CountersignRevocationsOld",
    expr: "time() - countersign_revocations_read_seconds > 30",
    for: "1m",
    severity: "critical",
    summary: "A server cannot read what is revoked; after a minute it refuses calls.",
  },
  {
    name: "CountersignRevocationsUnwritten",
    expr: "countersign_revocations_unwritten > 0",
    for: "1m",
    severity: "critical",
    summary: "Revocations wait for the database, and are lost if all servers end before.",
  },
  {
    name: "CountersignStoreFails",
    expr: `${ratio('countersign_store_queries_total{result="failed"}', "countersign_store_queries_total", "5m")} > 0.01`,
    for: "5m",
    severity: "critical",
    summary: "More than 1 % of the queries of the database fail.",
  },
  {
    name: "CountersignRefreshesFail",
    expr: `${ratio('countersign_refreshes_total{outcome=~"AUTH_UNAVAILABLE|INTERNAL"}', "countersign_refreshes_total", "5m")} > 0.05`,
    for: "5m",
    severity: "critical",
    summary: "More than 5 % of the refreshes fail because of the server.",
  },
  {
    name: "CountersignKeysUnreachable",
    expr: `${fetches("failed")} unless ${fetches("fetched")}`,
    for: "15m",
    severity: "critical",
    summary:
      "The keys of another issuer can no longer be fetched; those at hand serve for an hour after their time.",
  },
  {
    name: "CountersignRefreshTokenReused",
    expr: 'sum by (instance) (increase(countersign_refreshes_total{outcome="REUSE"}[1h])) > 0',
    for: "0m",
    severity: "warning",
    summary: "A refresh token that had been replaced came back: two parties had it.",
  },
  {
    name: "CountersignInternalErrors",
    expr: 'sum by (instance) (increase(countersign_calls_decided_total{reason="INTERNAL"}[10m])) > 0',
    for: "0m",
    severity: "warning",
    summary: "The gate refused calls because of an error of its own, or of the application's decide.",
  },
  {
    name: "CountersignCallsDenied",
    expr:
      `${ratio("countersign_calls_denied_total", "countersign_calls_decided_total", "10m")} > 0.5 ` +
      "and sum by (instance) (rate(countersign_calls_decided_total[10m])) > 1",
    for: "15m",
    severity: "warning",
    summary: "More than half of the calls are refused.",
  },
  {
    name: "CountersignWorkersLost",
    expr: "increase(countersign_workers_lost_total[15m]) > 0",
    for: "0m",
    severity: "warning",
    summary: "A worker process ended by itself.",
  },
  {
    name: "CountersignStoreSlow",
    expr: `${p99("countersign_store_query_seconds", "5m")} > 0.5`,
    for: "10m",
    severity: "warning",
    summary: "One query of the database in a hundred takes more than half a second.",
  },
  {
    name: "CountersignStoreConnectionsShort",
    expr: 'sum by (instance) (min_over_time(countersign_store_connections{state="waiting"}[5m])) > 0',
    for: "5m",
    severity: "warning",
    summary: "Queries wait for a connection to Postgres all the time.",
  },
  {
    name: "CountersignRefreshesSlow",
    expr: `${p99("countersign_refresh_seconds", "10m")} > 1`,
    for: "10m",
    severity: "warning",
    summary: "One refresh in a hundred takes more than a second.",
  },
  {
    name: "CountersignBusDown",
    expr: "countersign_bus_up == 0",
    for: "5m",
    severity: "warning",
    summary: "A server gets no messages from the others: revocations take seconds, and renewals fail.",
  },
  {
    name: "CountersignRenewalsUnknown",
    expr: `${ratio('countersign_stream_renewals_asked_total{result=~"unknown|failed"}', "countersign_stream_renewals_asked_total", "15m")} > 0.05`,
    for: "15m",
    severity: "warning",
    summary: "More than 5 % of the streams that clients ask to renew are found on no server.",
  },
  {
    name: "CountersignStreamsEndLate",
    expr: `${p99("countersign_stream_end_lateness_seconds", "15m")} > 0.5`,
    for: "15m",
    severity: "warning",
    summary: "Streams run for more than half a second beyond their deadline.",
  },
  {
    name: "CountersignLogoutsFail",
    expr: 'sum by (instance) (increase(countersign_logouts_total{result="failed"}[15m])) > 0',
    for: "15m",
    severity: "warning",
    summary: "What another identity provider says has ended cannot be verified or written.",
  },
  {
    name: "CountersignEventStreamSilent",
    expr: "time() - countersign_event_stream_verified_seconds > 6 * 3600",
    for: "30m",
    severity: "warning",
    summary: "The stream of security events of a provider was last verified six hours ago.",
  },
  {
    name: "CountersignSigningKeyOld",
    expr: `time() - countersign_signing_key_active_seconds > 45 * ${DAY}`,
    for: "1h",
    severity: "warning",
    summary: "The signing key has signed for 45 days, which is longer than a rotation.",
  },
  {
    name: "CountersignCertificateExpires",
    expr: `countersign_tls_certificate_expires_seconds - time() < 7 * ${DAY}`,
    for: "1h",
    severity: "warning",
    summary: "The TLS certificate expires within a week, or has expired.",
  },
  {
    name: "CountersignSchemaNewer",
    expr: 'countersign_store_schema_version{of="program"} < ignoring (of) countersign_store_schema_version{of="database"}',
    for: "1d",
    severity: "warning",
    summary: "A newer release has changed the tables, and this server still runs the older one.",
  },
];

/** Where the section of an alert is. */
export function toRunbook({ name }: Alert): string {
  return `docs/alerts.md#${name.toLowerCase()}`;
}

/** Write the alerts down as rules of Prometheus. */
export function toRules(alerts: readonly Alert[]): string {
  const rules = alerts.map(
    (alert) => `      - alert: ${alert.name}
        expr: |-
          ${alert.expr}
        for: ${alert.for}
        labels:
          severity: ${alert.severity}
        annotations:
          summary: ${JSON.stringify(alert.summary)}
          runbook: ${toRunbook(alert)}
`,
  );
  return `# Alerts for countersign serve. Written by the tests: npm test -- docs/operate -u
groups:
  - name: countersign
    rules:
${rules.join("")}`;
}
