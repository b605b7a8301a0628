import {
  assertOptions,
  FUNCTION,
  narrowing,
  OBJECT,
  type OptionForm,
  required,
  TEXT,
  TEXTS,
  withMethods,
} from "../kernel/option-forms.ts";
import type { SignatureAlgorithm } from "../keys/key-source.ts";
import { areHeaders, type HeaderSource } from "../keys/request-headers.ts";
import type { LogoutMatch } from "../logouts/logout.ts";
import { MATCH_FORM } from "../logouts/logout-options.ts";
import type { ClientCredential } from "../signals/client-secret.ts";
import type { KeyOptions } from "./key-options.ts";

/**
 * How a transmitter says what has become of sessions and accounts of an issuer: by security events of the [Shared Signals
 * Framework 1.0](https://openid.net/specs/openid-sharedsignals-framework-1_0.html), as CAEP 1.0 and RISC 1.0 define them. Option
 * `sharedSignals` of an issuer. The stream of events is made at the transmitter.
 */
export interface SharedSignalsOptions {
  /** Whom its events are for: claim `aud` of an event names one of these. The stream's configuration has it. */
  readonly audiences: readonly string[];
  /** The transmitter, exactly as claim `iss` of its events has it. Default: the issuer. */
  readonly transmitter?: string | undefined;
  /**
   * Where the keys of the transmitter are, as `keys` of an issuer. Default: those of the issuer; with `transmitter`, where its
   * metadata say (`/.well-known/ssf-configuration`).
   */
  readonly keys?: KeyOptions | readonly KeyOptions[] | undefined;
  /** The algorithms that it signs with. Default: as those of an issuer. */
  readonly algorithms?: readonly SignatureAlgorithm[] | undefined;
  /** By which names its events may call the issuer, in `iss` of a subject. Default: those of the issuer and the transmitter. */
  readonly subjectIssuers?: readonly string[] | undefined;
  /**
   * Which access tokens an event ends that names a session and a subject. `session`: those with its `sid`, and those
   * of the subject up to then that have no `sid`. `subject`: all of the subject up to then. Default: `session`.
   */
  readonly match?: LogoutMatch | undefined;
  /** Take events that the transmitter pushes ([RFC 8935](https://www.rfc-editor.org/rfc/rfc8935)). Default: none are taken. */
  readonly push?: PushOptions | undefined;
  /** Poll for events ([RFC 8936](https://www.rfc-editor.org/rfc/rfc8936)). Default: the transmitter is not asked. */
  readonly poll?: PollOptions | undefined;
  /**
   * The name of the stream. Then the transmitter is asked at start and every hour to send a verification event, which shows that
   * events come at all. Default: it is not asked.
   */
  readonly streamId?: string | undefined;
  /**
   * Header fields of the requests to the transmitter, such as `authorization`: of polls, and those for verification; or a function
   * that makes them for each request, for tokens that change. Default: none.
   */
  readonly headers?: HeaderSource | undefined;
  /**
   * The client that this receiver is at the issuer: it gets access tokens for these requests, from where the issuer's metadata
   * say. Default: none, `headers` are sent as they are.
   */
  readonly client?: TransmitterClient | undefined;
  /** A fetch of yours for these, such as `createFetch` of `@countersign/node`, which can trust a CA. Default: that of the platform. */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/** How events are pushed. */
export interface PushOptions {
  /** What header `authorization` of each push must be, as it was given to the transmitter. Default: none is asked for. */
  readonly authorization?: string;
}

/** How events are polled. */
export interface PollOptions {
  /** Where: `endpoint_url` of the stream's configuration. */
  readonly url: string;
}

/** A client that may read a stream of events. */
export interface TransmitterClient {
  /** Proves which client it is: see `clientSecret`. */
  readonly credential: ClientCredential;
  /** The scopes that it asks for. Default: `ssf.manage ssf.read`, as the CAEP interoperability profile names them. */
  readonly scope?: string | undefined;
}

const FORMS: Readonly<Record<keyof SharedSignalsOptions, OptionForm>> = {
  audiences: required(TEXTS),
  transmitter: TEXT,
  keys: {
    says: "must say where its keys are",
    accepts: (value) => typeof value === "object" && value !== null,
  },
  algorithms: TEXTS,
  subjectIssuers: TEXTS,
  match: MATCH_FORM,
  push: narrowing(OBJECT),
  poll: narrowing(OBJECT),
  streamId: TEXT,
  headers: { says: "must be header fields, or a function that makes them", accepts: isHeaders },
  client: OBJECT,
  fetch: FUNCTION,
};

const CLIENT_FORMS: Readonly<Record<keyof TransmitterClient, OptionForm>> = {
  credential: required(
    withMethods("toAuthorization"),
    "must be a credential, such as clientSecret(id, secret)",
  ),
  scope: TEXT,
};

const PUSH_FORMS: Readonly<Record<keyof PushOptions, OptionForm>> = { authorization: narrowing(TEXT) };

const POLL_FORMS: Readonly<Record<keyof PollOptions, OptionForm>> = {
  url: required(TEXT),
};

function isHeaders(value: unknown): boolean {
  return typeof value === "function" || areHeaders(value);
}

/**
 * Assert that the options of shared signals are of the form that their types say.
 *
 * @param issuer the name of the issuer that they are of
 * @throws TypeError that names the option
 */
export function assertSharedSignals(issuer: string, options: SharedSignalsOptions): void {
  const what = `option sharedSignals of issuer ${issuer}`;
  assertOptions(what, options, FORMS);
  const { push, poll, client } = options;
  if (push === undefined && poll === undefined) {
    throw new TypeError(`${what} needs push or poll: else no event comes`);
  }
  if (push !== undefined) {
    assertOptions(`${what}: push`, push, PUSH_FORMS);
  }
  if (poll !== undefined) {
    assertOptions(`${what}: poll`, poll, POLL_FORMS);
  }
  if (client !== undefined) {
    assertOptions(`${what}: client`, client, CLIENT_FORMS);
  }
}
