/** A figure of a server: what it is called, what it says, and how those of several workers become one. */
export interface MetricDefinition {
  readonly type: "counter" | "gauge" | "histogram";
  /** Beside which others it stands on the dashboard. */
  readonly about: "Calls" | "Keys" | "Server" | "Sessions" | "Signals" | "Store" | "Streams";
  /** What it says, for Prometheus and for the table of the guide. */
  readonly help: string;
  /** None has a value that a caller can choose. Default: it has none. */
  readonly labels?: readonly string[];
  /** Bounds of a histogram, in seconds. */
  readonly buckets?: readonly number[];
  /** What is taken of several workers. Default: their sum. */
  readonly ofWorkers?: "max" | "min";
}

/** Of a token that takes to verify: mostly a fraction of a millisecond, or a fetch of keys. */
const VERIFICATION_BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1, 5];
const QUERY_BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 10];
const FETCH_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const REFRESH_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 10];
/** Of the lateness of a stream: it should end within 100 ms of its deadline. */
const LATENESS_BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];

/**
 * Every figure of `countersign serve`. The servers make their figures from it, and tests make of it the table of the guide
 * and the dashboard, and check the alerts against it.
 */
export const METRICS = {
  countersign_ready: {
    type: "gauge",
    about: "Server",
    help: "1: the server takes calls, and with `--workers` all of them do; 0: it does not, as `/readyz` says.",
  },
  countersign_build_info: {
    type: "gauge",
    about: "Server",
    help: "1, with the version of the program.",
    labels: ["version"],
  },
  countersign_workers: {
    type: "gauge",
    about: "Server",
    help: "With `--workers`: processes that take calls.",
  },
  countersign_workers_lost_total: {
    type: "counter",
    about: "Server",
    help: "With `--workers`: worker processes that ended by themselves.",
  },
  countersign_tls_certificate_expires_seconds: {
    type: "gauge",
    about: "Server",
    help: "With `--tls-cert`: when the certificate, or one of its chain, expires, in seconds since 1970.",
    ofWorkers: "min",
  },
  countersign_calls_decided_total: {
    type: "counter",
    about: "Calls",
    help: "Decisions on calls: `allowed`, `denied` or `would_be_denied`. A rule that refuses a message is another decision on its call.",
    labels: ["method", "result", "reason"],
  },
  countersign_calls_denied_total: {
    type: "counter",
    about: "Calls",
    help: "Of these, calls that the gate or a rule refused.",
    labels: ["method", "reason"],
  },
  countersign_verdict_cache_total: {
    type: "counter",
    about: "Calls",
    help: "Tokens that were verified before, `hit`, and others, `miss`.",
    labels: ["result"],
  },
  countersign_token_verification_seconds: {
    type: "histogram",
    about: "Calls",
    help: "How long a decision took whose token was a miss.",
    buckets: VERIFICATION_BUCKETS,
  },
  countersign_events_total: {
    type: "counter",
    about: "Sessions",
    help: "Sign-ins, refreshes, revocations, and changes of keys, accounts and clients.",
    labels: ["type", "reason"],
  },
  countersign_refreshes_total: {
    type: "counter",
    about: "Sessions",
    help: "Attempts to refresh a session: `refreshed`, `REUSE` of a refresh token that had been replaced, or the [reason](errors.md) of the refusal.",
    labels: ["outcome"],
  },
  countersign_refresh_seconds: {
    type: "histogram",
    about: "Sessions",
    help: "How long attempts to refresh a session took, whatever came of them.",
    buckets: REFRESH_BUCKETS,
  },
  countersign_revocations: {
    type: "gauge",
    about: "Sessions",
    help: "Revocations that are remembered, since tokens of theirs may still be around.",
    ofWorkers: "max",
  },
  countersign_revocations_unwritten: {
    type: "gauge",
    about: "Sessions",
    help: "Revocations that act already and wait for the database: lost if all servers end before.",
    ofWorkers: "max",
  },
  countersign_revocations_read_seconds: {
    type: "gauge",
    about: "Sessions",
    help: "Up to when all that is revoked is known here, in seconds since 1970. A minute later, calls are refused.",
    ofWorkers: "min",
  },
  countersign_signing_key_active_seconds: {
    type: "gauge",
    about: "Keys",
    help: "Since when the key signs that signs now, in seconds since 1970.",
    ofWorkers: "min",
  },
  countersign_key_fetches_total: {
    type: "counter",
    about: "Keys",
    help: "Fetches of the keys of other issuers: `fetched` or `failed`.",
    labels: ["issuer", "result"],
  },
  countersign_key_fetch_seconds: {
    type: "histogram",
    about: "Keys",
    help: "How long fetches of keys took.",
    buckets: FETCH_BUCKETS,
  },
  countersign_keys_fetched_seconds: {
    type: "gauge",
    about: "Keys",
    help: "When the keys of another issuer were fetched for the last time, in seconds since 1970. They are fetched when calls ask for them.",
    labels: ["issuer"],
    ofWorkers: "max",
  },
  countersign_store_queries_total: {
    type: "counter",
    about: "Store",
    help: "Queries of the database: `answered` or `failed`.",
    labels: ["operation", "table", "result"],
  },
  countersign_store_query_seconds: {
    type: "histogram",
    about: "Store",
    help: "How long they took, without the wait for a connection.",
    labels: ["operation"],
    buckets: QUERY_BUCKETS,
  },
  countersign_store_connections: {
    type: "gauge",
    about: "Store",
    help: "On Postgres, connections that are `used` or `idle`, and queries `waiting` for one.",
    labels: ["state"],
  },
  countersign_store_schema_version: {
    type: "gauge",
    about: "Store",
    help: "The version of the tables in the `database`, read every minute, and the one that the `program` knows: where the second is lower, a newer release runs beside this one.",
    labels: ["of"],
    ofWorkers: "max",
  },
  countersign_bus_up: {
    type: "gauge",
    about: "Signals",
    help: "On Postgres and NATS: 1 when the last message of the server to itself arrived, 0 when it did not.",
    ofWorkers: "min",
  },
  countersign_bus_tests_total: {
    type: "counter",
    about: "Signals",
    help: "Messages of the server to itself over Postgres or NATS, at start and every minute: `delivered`, `lost` or `failed`. `lost` says that no server gets messages of the others, as behind a pooler.",
    labels: ["result"],
  },
  countersign_signals_total: {
    type: "counter",
    about: "Signals",
    help: "What has become known here as revoked or changed, wherever it was: `revocation`, `key_withdrawal` or `claims_change`.",
    labels: ["kind"],
  },
  countersign_logouts_total: {
    type: "counter",
    about: "Signals",
    help: "What [other identity providers](bring-your-own-idp.md#sign-outs-at-the-provider) said has ended, by how it came (`back_channel`, `push`, `poll`) and, of a security event, its type: `taken`, `repeated`, `ignored` because it is about no tokens, `refused`, or `failed`, which they are asked to send again.",
    labels: ["kind", "event", "result"],
  },
  countersign_event_stream_verified_seconds: {
    type: "gauge",
    about: "Signals",
    help: "When the stream of [security events](bring-your-own-idp.md#security-events-of-the-provider) of a transmitter was verified for the last time, in seconds since 1970.",
    labels: ["issuer"],
    ofWorkers: "max",
  },
  countersign_feed_total: {
    type: "counter",
    about: "Signals",
    help: "What was done for [servers that watch](fleet.md): `watch` and `watch_end`, `watch_dropped` of one that reads too slowly, `snapshot`, `delivery` (revocations times servers), `renewal`.",
    labels: ["kind"],
  },
  countersign_live_streams: {
    type: "gauge",
    about: "Streams",
    help: "Streams that are open and run on a token.",
  },
  countersign_streams_opened_total: {
    type: "counter",
    about: "Streams",
    help: "Streams that were opened.",
  },
  countersign_stream_renewals_total: {
    type: "counter",
    about: "Streams",
    help: "Renewals of streams that are open on this server, wherever they were asked for.",
  },
  countersign_stream_renewals_asked_total: {
    type: "counter",
    about: "Streams",
    help: "Streams that clients asked this server to renew: renewed `here` or `elsewhere`, `ended` because the new token may not call their method, `unknown` to all servers, or `failed`.",
    labels: ["result"],
  },
  countersign_stream_ends_total: {
    type: "counter",
    about: "Streams",
    help: "Streams that ended: `STREAM_EXPIRED`, `SESSION_REVOKED`, `SERVER_DRAINING`, the reason of a policy, or `CLOSED` by themselves.",
    labels: ["reason"],
  },
  countersign_stream_end_lateness_seconds: {
    type: "histogram",
    about: "Streams",
    help: "How long after its deadline a stream was ended.",
    buckets: LATENESS_BUCKETS,
  },
} as const satisfies Readonly<Record<`countersign_${string}`, MetricDefinition>>;

/** The name of a figure of a type. */
export type MetricName<T extends MetricDefinition["type"] = MetricDefinition["type"]> = {
  [Name in keyof typeof METRICS]: (typeof METRICS)[Name]["type"] extends T ? Name : never;
}[keyof typeof METRICS];
