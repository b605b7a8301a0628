import type { TrustedIssuer } from "../authenticate/issuers.ts";
import { digestToken } from "../authenticate/token-digest.ts";
import { createUrlCheck, type UrlCheck } from "../keys/secure-url.ts";
import type { PollTarget } from "../security-events/poll-request.ts";
import type { Transmitter } from "../security-events/transmitter.ts";
import type { VerifiedStream } from "../security-events/verification-requests.ts";
import { SignalsError } from "../signals/signals-error.ts";
import { type GrantedToken, requestToken } from "../signals/token-request.ts";
import { createTokenSource, type TokenSource, type TokenSourceOptions } from "../signals/token-source.ts";
import type { IssuerOptions } from "./issuer-options.ts";
import { type IssuerHost, resolveIssuer } from "./resolve-issuer.ts";
import {
  assertSharedSignals,
  type SharedSignalsOptions,
  type TransmitterClient,
} from "./shared-signals-options.ts";

/** A transmitter, and how its events come. */
export interface EventSource {
  readonly transmitter: Transmitter;
  readonly isPushing: boolean;
  /** Where it is polled; undefined: it is not. */
  readonly poll: PollTarget | undefined;
  /** The stream whose verification is asked for; undefined: none is. */
  readonly verification: VerifiedStream | undefined;
}

/** No other token has it (Shared Signals Framework 1.0, explicit typing). */
const TYPES: readonly string[] = ["secevent+jwt"];

const WELL_KNOWN = "/.well-known/ssf-configuration";

/** The issuer of the tokens that events are about. */
interface Owner {
  readonly owner: IssuerOptions;
  /** The issuer, as it is trusted for access tokens. */
  readonly trusted: TrustedIssuer;
  readonly host: Omit<IssuerHost, "audience">;
}

/**
 * Fill in the defaults of an issuer's shared signals.
 *
 * @throws TypeError when an option is wrong, or the issuer is one of tenants or a trust domain
 */
export function resolveSharedSignals(options: SharedSignalsOptions, owner: Owner): EventSource {
  const { trusted } = owner;
  const { issuer, insecure = {} } = owner.owner;
  assertSharedSignals(issuer, options);
  if (trusted.tenants !== undefined || trusted.identifiedBy !== "iss") {
    throw new TypeError(
      `issuer ${issuer} has option sharedSignals: events are only about an issuer with one value of claim iss`,
    );
  }
  const { push, poll, match = "session", transmitter = issuer, streamId } = options;
  const urls = createUrlCheck(insecure.allowHttpHosts ?? []);
  // Looked up for each request, so that what takes its place later is used too.
  const { headers, fetch = (input, init) => globalThis.fetch(input, init) } = options;
  const tokens =
    options.client && createClientTokens(options.client, { issuer, urls, fetch, clock: owner.host.clock });
  const access = { headers, fetch, tokens };
  return {
    transmitter: {
      trusted: trustTransmitter(options, owner, urls),
      issuer,
      subjectIssuers: new Set(options.subjectIssuers ?? [issuer, transmitter]),
      match,
      maxTokenLifeSeconds: trusted.maxLifeSeconds,
      authorizationDigest: push?.authorization === undefined ? undefined : digestOf(push.authorization),
      streamId,
    },
    isPushing: push !== undefined,
    poll: poll && { url: urls.parse("sharedSignals.poll.url", poll.url), ...access },
    verification:
      streamId === undefined
        ? undefined
        : { transmitter, metadataUri: toMetadataUri(transmitter, urls), streamId, urls, ...access },
  };
}

async function digestOf(text: string): Promise<string> {
  return digestToken(text);
}

/** As a receiver of the CAEP Interoperability Profile reads its stream, and has it verified. */
const DEFAULT_SCOPE = "ssf.manage ssf.read";

function createClientTokens(
  { credential, scope = DEFAULT_SCOPE }: TransmitterClient,
  { issuer, urls, fetch, clock }: Omit<TokenSourceOptions<GrantedToken>, "request">,
): TokenSource<GrantedToken> {
  const { signal } = new AbortController(); // a request for a token ends by itself
  const request = async (url: URL): Promise<GrantedToken> => {
    const token = await requestToken(url, scope, { credential, fetch, clock, signal });
    if (token === undefined) {
      throw new SignalsError("scope", `the client may not receive events: grant it scope ${scope}`);
    }
    return token;
  };
  return createTokenSource({ issuer, urls, fetch, clock, request });
}

/** Say how events are verified: as the issuer's tokens are, unless they come from elsewhere, or with other keys. */
function trustTransmitter(
  { audiences, transmitter, keys, algorithms }: SharedSignalsOptions,
  { owner: { insecure }, trusted, host }: Owner,
  urls: UrlCheck,
): TrustedIssuer {
  if (transmitter === undefined && keys === undefined && algorithms === undefined) {
    return { ...trusted, audiences, types: TYPES, allowMissingType: false };
  }
  const { allowHttpHosts } = insecure ?? {};
  const name = transmitter ?? trusted.issuer;
  return resolveIssuer(
    {
      issuer: name,
      audiences,
      types: TYPES,
      algorithms: algorithms ?? (transmitter === undefined ? trusted.algorithms : undefined),
      keys:
        keys ??
        (transmitter === undefined
          ? { source: trusted.keys }
          : { discovery: true, metadataUri: toMetadataUri(name, urls) }),
      insecure: { allowHttpHosts },
    },
    { ...host, audience: name },
  );
}

/** They are behind the host, before the path of its name (Shared Signals Framework 1.0, transmitter discovery). */
function toMetadataUri(transmitter: string, urls: UrlCheck): string {
  const { origin, pathname } = urls.parse("sharedSignals.transmitter", transmitter);
  return `${origin}${WELL_KNOWN}${pathname.replace(/\/$/, "")}`;
}
