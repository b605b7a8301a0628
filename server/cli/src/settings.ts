import { BUS_SETTINGS } from "./bus-settings.ts";
import { LIMIT_SETTINGS } from "./limit-settings.ts";
import { PUBLIC_URL_SETTINGS } from "./public-url-settings.ts";
import { type Setting, setting } from "./setting.ts";
import {
  databaseUrl,
  duration,
  flagValue,
  LOG_LEVELS,
  lifetime,
  list,
  logLevel,
  name,
  onOrOff,
  port,
  text,
  workerCount,
} from "./setting-parsers.ts";
import { MTLS_SETTINGS } from "./tls/mtls-settings.ts";

/** Every setting there is. Help texts, the command line and the environment are all read off this table. */
export const SETTINGS = {
  host: setting("host", "The address to listen on.", "127.0.0.1", text, "ADDRESS"),
  port: setting("port", "The port to listen on; 0 for any free one.", "8080", port, "PORT"),
  adminPort: setting(
    "admin-port",
    "The port of /metrics, /livez and /readyz, on loopback.",
    "9464",
    port,
    "PORT",
  ),
  workers: setting(
    "workers",
    "How many processes serve takes calls with; auto: one for each core.",
    "1",
    workerCount,
    "COUNT",
  ),
  dataDir: setting(
    "data-dir",
    "The folder of the database and the secret file.",
    ".countersign",
    text,
    "DIR",
  ),
  databaseUrl: setting(
    "database-url",
    "postgres://…; without it, SQLite in the data folder.",
    undefined,
    databaseUrl,
    "URL",
  ),
  databaseListenUrl: setting(
    "database-listen-url",
    "The same database past a pooler, for messages between servers.",
    undefined,
    databaseUrl,
    "URL",
  ),
  ...BUS_SETTINGS,
  issuer: setting("issuer", "The issuer's URL. Default: the address it listens on.", undefined, text, "URL"),
  audience: setting(
    "audience",
    "The API that access tokens are for: their audience. serve needs it.",
    undefined,
    name,
    "NAME",
  ),
  resources: setting(
    "resources",
    "URLs of further APIs that tokens can be asked for, with commas (RFC 8707).",
    "",
    list,
    "URLS",
  ),
  resource: setting(
    "resource",
    "This API's URL, as clients find it: adds the metadata that lead them to the issuers (RFC 9728).",
    undefined,
    text,
    "URL",
  ),
  changeIssuerFrom: setting(
    "change-issuer-from",
    "The issuer that the database has had so far, to have it take the one of --issuer.",
    undefined,
    text,
    "URL",
  ),
  changeAudienceFrom: setting(
    "change-audience-from",
    "The audience that the database has had so far, to have it take the one of --audience.",
    undefined,
    name,
    "NAME",
  ),
  accessTtlMs: setting("access-ttl", "How long an access token lasts.", "10m", lifetime, "DURATION"),
  clockToleranceMs: setting("clock-tolerance", "How far clocks may lie apart.", "5s", duration, "DURATION"),
  keyRotationMs: setting("key-rotation", "How long a key signs.", "720h", duration, "DURATION"),
  keyPublishBeforeMs: setting(
    "key-publish-before",
    "How long a key is published before it signs; at least twice jwks-max-age.",
    "24h",
    duration,
    "DURATION",
  ),
  jwksMaxAgeMs: setting("jwks-max-age", "How long others may keep the key set.", "10m", duration, "DURATION"),
  auditFile: setting(
    "audit-file",
    "Where the audit trail goes, a JSON object a line. Default: only to the log.",
    undefined,
    text,
    "FILE",
  ),
  secretFile: setting(
    "secret-file",
    "The key-encryption key. Default: secret in the data folder.",
    undefined,
    text,
    "FILE",
  ),
  tlsCert: setting("tls-cert", "The TLS certificate, in PEM.", undefined, text, "FILE"),
  tlsKey: setting("tls-key", "Its private key, in PEM.", undefined, text, "FILE"),
  ...MTLS_SETTINGS,
  ...PUBLIC_URL_SETTINGS,
  behindTlsProxy: setting(
    "behind-tls-proxy",
    "TLS ends at a proxy in front: allow plain text, and take callers' addresses from it.",
    "false",
    flagValue,
  ),
  drainDelayMs: setting(
    "drain-delay",
    "How long calls are taken, not ready any more, before the server stops. Default: 0s; 5s behind a proxy.",
    undefined,
    duration,
    "DURATION",
  ),
  ...LIMIT_SETTINGS,
  insecureFailOpen: setting(
    "insecure-fail-open",
    "Go on for as long as the database is out of reach, although revoked tokens are accepted meanwhile.",
    "false",
    flagValue,
  ),
  insecureHttpIssuer: setting(
    "insecure-http-issuer",
    "Let --issuer be an http:// URL elsewhere than on loopback, from which other gates fetch no keys.",
    "false",
    flagValue,
  ),
  insecureSharedFiles: setting(
    "insecure-shared-files",
    "Take a data folder and a secret file that others can change or rename.",
    "false",
    flagValue,
  ),
  trustedIssuers: setting(
    "trusted-issuers",
    "A JSON file of other issuers whose tokens are accepted.",
    undefined,
    text,
    "FILE",
  ),
  tokenHeader: setting(
    "token-header",
    "The header that has the token, where a proxy in front has one of its own for it.",
    "authorization",
    text,
    "NAME",
  ),
  corsOrigins: setting(
    "cors-origins",
    "Origins of web pages and apps that may call, with commas.",
    "",
    list,
    "ORIGINS",
  ),
  corsHeaders: setting(
    "cors-headers",
    "Headers that those pages may send beside ours, with commas: traceparent,baggage,sentry-trace.",
    "",
    list,
    "NAMES",
  ),
  allowedHosts: setting(
    "allowed-hosts",
    "Hosts that requests may be for on loopback, with commas, beside its own and those of the URLs given here.",
    "",
    list,
    "HOSTS",
  ),
  unaryFastPath: setting(
    "unary-fast-path",
    "on, or off: serve unary calls with Connect's own handler, which is slower.",
    "on",
    onOrOff,
    "SWITCH",
  ),
  streamFastPath: setting(
    "stream-fast-path",
    "on, or off: the same for calls with streams. Default: as for unary calls.",
    undefined,
    onOrOff,
    "SWITCH",
  ),
  logRefusals: setting(
    "log-refusals",
    "on, or off: log why calls are refused, once a minute for each cause. Default: on, unless NODE_ENV is production.",
    undefined,
    onOrOff,
    "SWITCH",
  ),
  logLevel: setting("log-level", `What is logged: ${LOG_LEVELS.join(", ")}.`, "info", logLevel, "LEVEL"),
} as const;

/** The name of a setting, as a member of the configuration. */
export type SettingName = keyof typeof SETTINGS;

/** All of them, with their names. */
export const SETTING_ENTRIES = Object.entries(SETTINGS) as readonly [SettingName, Setting<unknown>][];

/** The names of all of them. */
export const SETTING_NAMES: readonly SettingName[] = SETTING_ENTRIES.map(([name]) => name);

/** The settings that say where the store is, and what is written down of changes in it. */
export const STORE_SETTINGS: readonly SettingName[] = [
  "dataDir",
  "databaseUrl",
  "databaseListenUrl",
  "bus",
  "busCredentials",
  "busCa",
  "busCert",
  "busKey",
  "busSubject",
  "auditFile",
  "insecureSharedFiles",
];
