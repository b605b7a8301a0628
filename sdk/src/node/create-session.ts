import type { Transport } from "@connectrpc/connect";
import type { SessionSource } from "../core/assemble-session.ts";
import { createSession as createCoreSession } from "../core/create-session.ts";
import { assertOptions, type OptionForm } from "../core/option-forms.ts";
import type { OriginGuardOptions } from "../core/origin.ts";
import type { Session } from "../core/session.ts";
import type { MaxTokenLife, TokenSource } from "../core/source.ts";
import type { OnStepUp } from "../core/step-up.ts";
import type { SessionStore } from "../core/store.ts";
import type { TokenBinding } from "../core/token-binding.ts";
import { assertTlsOptions, createHttpTransports, type NodeTlsOptions } from "./http-transport.ts";
import { createOwnCalls, toBase } from "./own-calls.ts";

/** What {@link createSession} needs. */
export interface NodeSessionOptions extends OriginGuardOptions {
  /** Where tokens come from, which may be another session: `fromSession`. Default: the SessionService at `baseUrl`. */
  readonly source?: TokenSource | SessionSource | undefined;
  /**
   * Computes how long an access token is to last at the most, in milliseconds, at least 2,000. The session calls it
   * before it gets a token. It can only shorten what the server grants. Default: as long as that.
   */
  readonly maxTokenLifeMs?: MaxTokenLife | undefined;
  /** Where the session is kept. Default: in memory. */
  readonly store?: SessionStore | undefined;
  /**
   * How the session's own calls are made to its `baseUrl`: signing in, refreshing, renewing streams. Default: as at other
   * origins, where streams are renewed that were opened there: over the connections of the first `createNodeTransport` over
   * HTTP/2 that is made with the session and that base URL, and until there is one, Connect over HTTP/1.1.
   */
  readonly transport?: Transport | undefined;
  /**
   * Signs the program in as a client of the Countersign server, with a signed assertion (RFC 7523 §2.2), whenever there is
   * no session. It is called anew each time; `fromFile` makes one. Default: the session begins with `signIn` or `begin`.
   */
  readonly assertion?: (() => Promise<string>) | undefined;
  /** Own certificate authorities and client certificates. */
  readonly tls?: NodeTlsOptions | undefined;
  /**
   * Signs the user in again for a call that was refused with `REAUTH_REQUIRED`, by `signIn` or `begin` of this session, or so
   * that its source has a newer token. The session calls it once for all calls with the same demand, and makes
   * each of them once more when it resolves. Default: such calls fail.
   */
  readonly onStepUp?: OnStepUp | undefined;
  /**
   * Binds the tokens to a key, so that a copy of them is worth nothing: `dpop()` of `@countersign/sdk/dpop`. Default: as the
   * source does, such as `oidc` with an option `dpop`, else they are bound to none.
   */
  readonly dpop?: TokenBinding | undefined;
}

const FORMS = {
  baseUrl: "string",
  allowedOrigins: "list",
  allowInsecure: "list",
  source: "object",
  store: "object",
  maxTokenLifeMs: "function",
  assertion: "function",
  transport: "object",
  tls: "object",
  onStepUp: "function",
  dpop: "object",
} as const satisfies Record<keyof NodeSessionOptions, OptionForm>;

/**
 * Create a session in Node. It never keeps a process alive.
 *
 * @throws TypeError when `baseUrl` is not an absolute http or https URL, or an option is not understood
 */
export function createSession(options: NodeSessionOptions): Session {
  assertOptions("createSession", options, FORMS);
  assertTlsOptions("createSession", options.tls);
  const {
    baseUrl,
    allowedOrigins,
    allowInsecure,
    source,
    maxTokenLifeMs,
    assertion,
    store,
    tls,
    onStepUp,
    dpop,
  } = options;
  const ownCalls = createOwnCalls((at) =>
    createHttpTransports({ baseUrl: at, tls, protocol: "connect", httpVersion: "1.1" })([]),
  );
  const transport = options.transport ?? ownCalls.transportFor(baseUrl);
  const session = createCoreSession({
    baseUrl,
    allowedOrigins,
    allowInsecure,
    transport,
    transportFor: (at) => (toBase(at) === toBase(baseUrl) ? transport : ownCalls.transportFor(at)),
    source,
    maxTokenLifeMs,
    assertion,
    store,
    onStepUp,
    dpop,
  });
  ownCalls.belongTo(session);
  return session;
}
