import type { DescService } from "@bufbuild/protobuf";
import type { ConnectRouter, Interceptor } from "@connectrpc/connect";
import type { RevocationCheck, TokenFailureLimit } from "../authenticate/authenticator.ts";
import type { Policy } from "../authorize/policy-fields.ts";
import type { ClientCertificateOptions } from "../binding/certificate-reader.ts";
import type { DpopOptions } from "../binding/dpop-options.ts";
import type { AuditSink } from "../kernel/audit.ts";
import type { Clock } from "../kernel/clock.ts";
import type { MessageLimits } from "../kernel/message-limits.ts";
import type { Observer } from "../kernel/observe.ts";
import type { LogoutReceiver } from "../logouts/logout-receiver.ts";
import type { Signals } from "../signals/signals.ts";
import type { StreamRegistry } from "../streams/stream-registry.ts";
import type { AnonymousStreamLimits } from "./anonymous-streams.ts";
import type { Decide } from "./decide.ts";
import type { EnforcementMode } from "./enforcement.ts";
import type { ErrorSink } from "./error-contract.ts";
import type { IssuerOptions } from "./issuer-options.ts";
import type { ResourceOptions } from "./resource/resource-options.ts";

/**
 * What {@link createAuth} takes. An option that is undefined has its default; one that makes things stricter (`decide`,
 * `revocations`, `signals`, `logouts`, `tokenFailureLimit`) must be left out instead: undefined stops the start, because a variable that is not
 * set would let more in.
 */
export interface AuthOptions {
  /** Your routes. Every method that they register must have an access rule. */
  readonly routes: (router: ConnectRouter) => void;
  /**
   * Your own interceptors, from outside to inside. They run behind the gate and the rules, for every service, around
   * those that a service was registered with. Default: none.
   */
  readonly interceptors?: readonly Interceptor[] | undefined;
  /** Whose tokens are accepted. */
  readonly issuers: readonly IssuerOptions[];
  /** The name of this server in claim `aud` of the tokens that are meant for it. */
  readonly audience: string;
  /**
   * The API as clients name it when they ask for tokens, by its URL, such as `https://api.example.com`. Then
   * `documents` has the metadata by which a client that knows nothing else finds the issuers and the scopes
   * ([RFC 9728](https://www.rfc-editor.org/rfc/rfc9728)), and the challenge of a refused call names it, and the scopes
   * of the method. It changes nothing about which tokens are accepted: `audience` does. Default: none of that.
   */
  readonly resource?: string | ResourceOptions | undefined;
  /** Rules for services whose proto you cannot annotate, such as the standard health service. */
  readonly policies?: ReadonlyMap<DescService, Policy> | undefined;
  /**
   * What has been revoked, beside what the `signals` of an issuer say. Default: nothing is, short of expiry.
   */
  readonly revocations?: RevocationCheck;
  /**
   * What an issuer says of its tokens afterwards, for a server without its database: see `createSignals`. Revoked tokens are
   * refused, of whichever issuer a revocation names, their streams end, and streams are renewed through any server of the
   * same client. Default: a token is good until it expires.
   */
  readonly signals?: Signals;
  /**
   * What other identity providers say has ended: see `createLogoutReceiver`. The tokens are refused, and their streams end.
   * An issuer with option `logout` needs it. Default: a token is good until it expires.
   */
  readonly logouts?: LogoutReceiver;
  /**
   * What happens to calls that are not allowed, by service. `shadow`: they go on, and the audit says that they would
   * be denied. For the first days of a service that had no authentication. Default: deny, everywhere.
   */
  readonly enforce?: ReadonlyMap<DescService, EnforcementMode> | undefined;
  /**
   * The header that holds the token. Another one than `authorization` holds the bare token, as proxies add it that have
   * signed a user in: `cf-access-jwt-assertion` (Cloudflare Access), `x-goog-iap-jwt-assertion` (Google IAP),
   * `x-pomerium-jwt-assertion`. A token in `authorization` then counts for nothing, and a call that sends both headers is
   * refused. Default: `authorization`, with a bearer token (RFC 6750).
   */
  readonly tokenHeader?: string | undefined;
  /**
   * Whether handlers can read the caller's token, in the header that holds it, and the proof beside it. Default: false,
   * the gate takes both away.
   */
  readonly forwardToken?: boolean | undefined;
  /**
   * Where the certificates of clients come from, when TLS ends at a proxy that sends them in a header. Tokens that are bound
   * to a certificate, rules and `certificateOf` go by it. Default: only the connection of a call says which certificate its
   * client has.
   */
  readonly clientCertificates?: ClientCertificateOptions | undefined;
  /**
   * The URLs under which clients reach this server, such as `https://api.example.com`: with a path where a proxy adds one,
   * and without a slash at the end. The proof that goes with a token which is bound to a key of its sender ([RFC
   * 9449](https://www.rfc-editor.org/rfc/rfc9449)) must name one of them and the method, whatever `Host` says. Default:
   * none, and every such token is refused.
   */
  readonly publicUrls?: readonly string[] | undefined;
  /** How those proofs are judged: their time, how many are remembered, and nonces. */
  readonly dpop?: DpopOptions | undefined;
  /** How far the clocks of issuer and server may lie apart, in seconds. Default: 5. */
  readonly clockToleranceSeconds?: number | undefined;
  /**
   * How many verified tokens are remembered, and a tenth of that of those that have expired, come too early or are
   * revoked. Default: 10,000, about 10 MB.
   */
  readonly verdictCacheEntries?: number | undefined;
  /**
   * The longest token that is taken, in bytes. A longer one is refused, and the caller learns both lengths. At most
   * 65,536; with more than about 16,000, see that what is in front takes headers of that size: Node's own listeners take
   * 16 KiB in all (`maxHeaderSize`, over HTTP/2 `maxHeaderListSize` of 64 KiB), and `listen` of `@countersign/node` 32 KiB.
   * Default: 8,192.
   */
  readonly maxTokenBytes?: number | undefined;
  /**
   * Decides on each message behind the rule of its method, by what no token says: relations that another service knows. It
   * is asked for every method that is not PUBLIC. Default: the rules decide alone.
   */
  readonly decide?: Decide;
  /** How long a decision may wait for keys, and for `decide`, in milliseconds. Default: 5,000. */
  readonly gateTimeoutMs?: number | undefined;
  /**
   * How often one caller may send tokens that no trusted issuer has signed: see `createRateLimit`. What is more gets
   * `RATE_LIMITED` in place of `TOKEN_INVALID`; good tokens pass, and expired ones do not count. It counts by the peer that
   * `setPeer` put into the context values, else by the address of the socket; where neither is known, all callers are one.
   * Default: no limit.
   */
  readonly tokenFailureLimit?: TokenFailureLimit;
  /**
   * How many checks of signatures may fail in a second, in all. What is more waits up to 500 ms for its check, in turns that
   * are fair by peer and by the session or subject that a token names, those first of whom a token was good before. When
   * too many wait, the tokens of the peer with most there get `RATE_LIMITED`. A check of P-384 counts as 8, one of P-521 as 16:
   * so much longer it takes. Default: 2,000, which is about half a core.
   */
  readonly failedChecksPerSecond?: number | undefined;
  /**
   * How large a message may be when it arrives, in bytes, decompressed. It holds whatever the routes are mounted in; a
   * service may have another with option `readMaxBytes` of `router.service`. Default: 4 MiB; that of Connect is 4 GiB.
   */
  readonly readMaxBytes?: number | undefined;
  /**
   * What a message may be made of: how large it may be in JSON, how deep, and how many fields and elements it may have. One
   * that is more gets `RESOURCE_EXHAUSTED` before it is read.
   */
  readonly messageLimits?: Partial<MessageLimits> | undefined;
  /**
   * How many bytes of requests may wait for the rest of their message, in all. Beyond it those of the peer with most are
   * refused with `RESOURCE_EXHAUSTED`, the oldest first. `buildRequestListener` counts them itself, and has limits of its own.
   * Default: 128 MiB.
   */
  readonly maxWaitingBytes?: number | undefined;
  /**
   * The same on one connection, where the adapter is one of Node. Default: 16 MiB, or two messages of `readMaxBytes` where
   * that is more.
   */
  readonly maxWaitingBytesPerConnection?: number | undefined;
  /**
   * The services whose messages keep fields that their types do not have, and extensions, as a handler that passes messages on
   * may need them. Default: none, such fields are dropped when a message is read.
   */
  readonly keepUnknownFields?: ReadonlySet<DescService> | undefined;
  /** Observes decisions, keys, streams and signals, for metrics, traces and logs: see {@link Observer}. Default: none. */
  readonly observe?: Observer | undefined;
  /** Records calls that were refused: short for `observe: { audited: (event) => audit.record(event) }`. Default: none. */
  readonly audit?: AuditSink | undefined;
  /**
   * Whether `onWarning` receives why calls are refused: one line a minute for each check of each method, with what was
   * expected, what came and what to do, beside whatever `audit` and `observe` do. Default: true, unless the environment
   * says `NODE_ENV=production`.
   */
  readonly logRefusals?: boolean | undefined;
  /**
   * Receives unexpected errors, which leave as "internal error", and those of key sources and of `decide`, which leave as
   * `AUTH_UNAVAILABLE`. What it throws or rejects with changes no answer, and is
   * printed. Default: console.error.
   */
  readonly onError?: ErrorSink | undefined;
  /**
   * Where open streams are kept. Share it with a `createStreamService` of your own, which is needed only where streams
   * are renewed through other servers: otherwise `createAuth` registers the service itself as soon as a policy says
   * `ON_EXPIRY_RENEW`. Default: a registry of its own.
   */
  readonly streams?: StreamRegistry | undefined;
  /** What streams without a principal may take. */
  readonly anonymousStreams?: Partial<AnonymousStreamLimits> | undefined;
  /**
   * Receives a warning at start for every option that makes the server less safe, and later one for each claim of an
   * issuer that is not of the form that it should have, and for methods that change the response header of a stream once it
   * has been sent. Default: console.warn.
   */
  readonly onWarning?: ((message: string) => void) | undefined;
  /**
   * The time. Default: that of the first issuer whose `signals` have a clock, since tokens are judged by the clock that
   * they were granted by; else the machine's.
   */
  readonly clock?: Clock | undefined;
}
