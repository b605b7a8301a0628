import { setting } from "./setting.ts";
import { bytes, count, countOrUnlimited, tokenBytes } from "./setting-parsers.ts";

/** The settings that say what a caller may hold, spend or pass. */
export const LIMIT_SETTINGS = {
  signInsPerMinute: setting(
    "sign-ins-per-minute",
    "Attempts to sign in that one address, or one known device, may make; 0: no limit.",
    "30",
    countOrUnlimited,
    "COUNT",
  ),
  newSessionsPerHour: setting(
    "new-sessions-per-hour",
    "Sessions that one subject may begin at one client in an hour; 0: no limit.",
    "36000",
    countOrUnlimited,
    "COUNT",
  ),
  tokenRevocationsPerHour: setting(
    "token-revocations-per-hour",
    "Exchanged tokens of one subject that a client may revoke in an hour; 0: no limit.",
    "3600",
    countOrUnlimited,
    "COUNT",
  ),
  badTokensPer10s: setting(
    "bad-tokens-per-10s",
    "Forged tokens that one address may send in 10 s before it is told to wait; 0: no limit.",
    "50",
    countOrUnlimited,
    "COUNT",
  ),
  maxTokenBytes: setting(
    "max-token-bytes",
    "The longest token that is taken, in bytes: in calls, for an exchange, and as a client assertion.",
    "8192",
    tokenBytes,
    "BYTES",
  ),
  maxWaitingBytes: setting(
    "max-waiting-bytes",
    "Bytes of requests that may wait for their end in a process, such as 256MiB. Default: an eighth of its heap.",
    undefined,
    bytes,
    "BYTES",
  ),
  maxWaitingBytesPerConnection: setting(
    "max-waiting-bytes-per-connection",
    "The same on one connection. Default: 16MiB; 128MiB behind a proxy.",
    undefined,
    bytes,
    "BYTES",
  ),
  maxCallsPerConnection: setting(
    "max-calls-per-connection",
    "Calls at a time on one HTTP/2 connection.",
    "256",
    count,
    "COUNT",
  ),
  maxStreamResets: setting(
    "max-stream-resets",
    "Calls that one HTTP/2 connection may reset in a row. Default: 256; 4096 behind a proxy.",
    undefined,
    count,
    "COUNT",
  ),
  maxPipelinedRequests: setting(
    "max-pipelined-requests",
    "Requests that may wait on one HTTP/1.1 connection for those before them.",
    "100",
    count,
    "COUNT",
  ),
} as const;

/** What one connection may have that carries the calls of many users: that of a proxy in front. */
export const PROXY_LIMITS = {
  maxWaitingBytesPerConnection: 128 * 1024 * 1024,
  maxStreamResets: 4096,
  streamResetsPerSecond: 512,
} as const;
