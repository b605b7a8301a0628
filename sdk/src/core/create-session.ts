import type { Transport } from "@connectrpc/connect";
import { type AssembleOptions, assembleSession, type SessionSource } from "./assemble-session.ts";
import { assertOptions, type OptionForm } from "./option-forms.ts";
import { replayStream } from "./replay.ts";
import type { Session } from "./session.ts";
import { createSessionServiceSource } from "./session-service-source.ts";
import type { MaxTokenLife, TokenSource } from "./source.ts";

/** What {@link createSession} needs: a `transport` or a `source`. */
export interface SessionOptions extends Omit<AssembleOptions, "source" | "server" | "replay" | "onStream"> {
  /** Carries the SessionService and the StreamService, without this session's interceptor. Not needed with a `source`. */
  readonly transport?: Transport | undefined;
  /** Where tokens come from, which may be another session: `fromSession`. Default: the SessionService of a Countersign server. */
  readonly source?: TokenSource | SessionSource | undefined;
  /**
   * Computes how long an access token is to last at the most, in milliseconds, at least 2,000. The session calls it
   * before it gets a token. It can only shorten what the server grants. Default: as long as that.
   */
  readonly maxTokenLifeMs?: MaxTokenLife | undefined;
  /**
   * Signs the program in as a client of the Countersign server, with a signed assertion (RFC 7523 §2.2), whenever there is
   * no session. It is called anew each time. Default: the session begins with `signIn` or `begin`.
   */
  readonly assertion?: (() => Promise<string>) | undefined;
  /**
   * Finds what carries renewals of streams to the server of a base URL, without this session's interceptor. Default:
   * `transport`, wherever they were opened.
   */
  readonly transportFor?: ((baseUrl: string) => Transport) | undefined;
}

const FORMS = {
  baseUrl: "string",
  allowedOrigins: "list",
  allowInsecure: "list",
  transport: "object",
  source: "object",
  store: "object",
  maxTokenLifeMs: "function",
  assertion: "function",
  transportFor: "function",
  clock: "object",
  peers: "object",
  onStepUp: "function",
  dpop: "object",
} as const satisfies Record<keyof SessionOptions, OptionForm>;

/**
 * Create a session over any transport and any store.
 *
 * Browsers and Node have their own, with the right defaults, in `@countersign/sdk/browser` and `/node`.
 *
 * @throws TypeError when `baseUrl` is not an absolute http or https URL, or an option is missing or not understood
 */
export function createSession(options: SessionOptions): Session {
  assertOptions("createSession", options, FORMS);
  const {
    transport,
    maxTokenLifeMs,
    assertion,
    transportFor,
    baseUrl,
    allowedOrigins,
    allowInsecure,
    store,
    clock,
    peers,
    onStepUp,
    dpop,
  } = options;
  const server =
    transport && createSessionServiceSource(transport, { baseUrl, maxTokenLifeMs, assertion, transportFor });
  const source = assertSource(options.source ?? server);
  if (assertion !== undefined && source !== server) {
    throw new TypeError("the option assertion is for the SessionService: it goes with no other source");
  }
  return assembleSession({
    baseUrl,
    allowedOrigins,
    allowInsecure,
    source,
    server,
    store,
    clock,
    peers,
    replay: replayStream,
    onStepUp,
    dpop,
  });
}

function assertSource(source: TokenSource | SessionSource | undefined): TokenSource | SessionSource {
  if (source === undefined) {
    throw new TypeError("createSession needs the option transport or the option source");
  }
  if (!("follow" in source || "refresh" in source)) {
    throw new TypeError("the option source must be a token source, such as fromFunction(async () => token)");
  }
  return source;
}
