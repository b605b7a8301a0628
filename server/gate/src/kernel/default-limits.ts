const KIB = 1024;
const MIB = 1024 * KIB;
const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;

/**
 * What a caller may hold, spend or pass, by default, by what has the option. A name ends with its unit; others are counts.
 * docs/operating.md has the same in its table of limits, with what happens beyond each.
 */
export const DEFAULT_LIMITS = {
  /** Option `limits` of `listen`. */
  listen: {
    headerTimeoutMs: 15 * SECOND_MS,
    // Room for a token, a proof and cookies.
    maxHeaderBytes: 32 * KIB,
    // Clients that pipeline send a few; a stranger could put thousands behind a call that does not end.
    maxPipelinedRequests: 100,
    maxConcurrentStreams: 256,
    // More than any client has reason to.
    maxStreamResets: 256,
    streamResetsPerSecond: 33,
    maxSessionMemoryMegabytes: 10,
    idleTimeoutMs: 5 * MINUTE_MS,
  },
  /** Options of `buildRequestListener`. */
  buildRequestListener: {
    // Enough for 4 MiB over a slow line.
    arrivalTimeoutMs: MINUTE_MS,
    writeMaxBytes: 16 * MIB,
  },
  /** Options of `createAuth`. */
  createAuth: {
    // What common servers take as a header.
    maxTokenBytes: 8 * KIB,
    // Longer than fetching keys takes at its slowest, shorter than callers usually wait.
    gateTimeoutMs: 5 * SECOND_MS,
    // About 10 MB of verdicts: more than the users of one server who are active within a token's life.
    verdictCacheEntries: 10_000,
    // Larger than any message of an ordinary service, and small enough to hold many at once.
    readMaxBytes: 4 * MIB,
    maxWaitingBytesPerConnection: 16 * MIB,
    // An eighth of a heap of 1 GiB: how large it may be is not known on every platform.
    maxWaitingBytes: 128 * MIB,
  },
  /**
   * Option `messageLimits` of `createAuth`: an element takes up to 0.45 µs to read, in JSON up to 1.3 µs. As many as these
   * take half as long again as text of the whole size.
   */
  messageLimits: { jsonMaxBytes: MIB, maxDepth: 64, maxElements: 20_000, jsonMaxElements: 12_000 },
  /** Option `anonymousStreams` of `createAuth`. */
  anonymousStreams: { maxAgeMs: 5 * MINUTE_MS, maxPerPeer: 100, maxTotal: 2_000 },
  /** Options of `createIssuer`. */
  createIssuer: {
    // More than people mistype, and far too few to guess with.
    signInsPerMinute: 30,
    // More than the processes of a client begin that each keep a token for as long as it lasts.
    newSessionsPerHour: 36_000,
    // More than a client has a reason to revoke; what is left expires within minutes.
    tokenRevocationsPerHour: 3_600,
  },
  /** Option `signals` of `createIssuer`. */
  signals: {
    // Each takes about 40 KiB, of which its connection is half.
    maxWatchers: 5_000,
    // Everything that is revoked can be many megabytes, and is sent to so many at a time.
    maxSnapshots: 16,
    // What happens in the minutes of an update, and about 10 MB.
    maxHistory: 20_000,
    maxWaitingRenewals: 1_000,
    renewalTimeoutMs: SECOND_MS,
  },
  /** What the endpoints of OAuth take. No option changes it. */
  forms: {
    // Room for two tokens and an assertion.
    maxFormBytes: 64 * KIB,
    // Those of 256 clients that each send as much as they may.
    maxWaitingFormBytes: 16 * MIB,
    maxParameters: 64,
    formTimeoutMs: 10 * SECOND_MS,
  },
  /** What is sent of an error's message, in characters. No option changes it. */
  errors: { maxMessageChars: 1_000 },
} as const;
