import type { Clock } from "../kernel/clock.ts";
import type { IsolatedObserver } from "../kernel/observers.ts";
import { assertOptionNames } from "../kernel/option-names.ts";
import { joinKeys } from "../keys/joined-keys.ts";
import { createJwksFetch, type JwksLocation } from "../keys/jwks-location.ts";
import { createKeyReport, type KeyReport } from "../keys/key-report.ts";
import { describeMany } from "../keys/key-set.ts";
import type { KeySource, SignatureAlgorithm } from "../keys/key-source.ts";
import { usesOf } from "../keys/key-uses.ts";
import { guardOwnSource } from "../keys/own-source.ts";
import { createRemoteKeys } from "../keys/remote-keys.ts";
import { areHeaders } from "../keys/request-headers.ts";
import { createUrlCheck } from "../keys/secure-url.ts";
import { createSharedSecret } from "../keys/shared-secret.ts";
import { createStaticKeys } from "../keys/static-keys.ts";
import { type KeyAlgorithms, resolveAlgorithms } from "./key-algorithms.ts";

/**
 * Where keys of an issuer are: in a JWK Set, at a URL, where its metadata says, in a secret that it shares with this
 * server, or in a source of yours.
 */
export type KeyOptions =
  | {
      /** A JWK Set ([RFC 7517 §5](https://www.rfc-editor.org/rfc/rfc7517#section-5)). */
      readonly jwks: unknown;
    }
  | JwksLocation
  | {
      /** The secret, at least as long as the hash of its algorithm: 32 bytes for HS256. */
      readonly sharedSecret: Uint8Array;
    }
  | {
      /** A source of yours. */
      readonly source: KeySource;
    };

/** An issuer, as far as its keys are concerned. */
interface KeyOwner {
  readonly issuer: string;
  readonly identifiedBy?: "iss" | "spiffe_id" | undefined;
  readonly algorithms?: readonly SignatureAlgorithm[] | undefined;
  readonly keys: KeyOptions | readonly KeyOptions[];
  readonly insecure?: { readonly allowHttpHosts?: readonly string[] | undefined } | undefined;
}

/** The server that uses the keys. */
interface KeyHost {
  readonly clock: Clock;
  /** Observes that keys are fetched. It must not throw. Default: none. */
  readonly observer?: IsolatedObserver;
  /** Receives a line when keys cannot be fetched, or are odd. Default: none. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** The keys of an issuer, and what they may verify. */
interface ResolvedKeys {
  readonly algorithms: readonly SignatureAlgorithm[];
  readonly keys: KeySource;
}

type KeyKind = "jwks" | "jwksUri" | "discovery" | "sharedSecret" | "source";

/** The members of each kind of keys. The kind is the one that it cannot be without. */
const MEMBERS: Readonly<Record<KeyKind, object>> = {
  jwks: { jwks: true },
  jwksUri: { jwksUri: true, headers: true, fetch: true },
  discovery: { discovery: true, metadataUri: true, metadataIssuer: true, headers: true, fetch: true },
  sharedSecret: { sharedSecret: true },
  source: { source: true },
};

/**
 * Resolve the keys of an issuer, and its algorithms.
 *
 * @throws TypeError when keys are not given in exactly one way each, or the algorithms are not for such keys
 */
export function resolveKeys(owner: KeyOwner, server: KeyHost): ResolvedKeys {
  const given: unknown = owner.keys;
  const list: readonly KeyOptions[] = Array.isArray(given) ? given : [given];
  try {
    const kinds = list.map(kindOf);
    if (kinds.length === 0) {
      throw new TypeError("keys must not be an empty list");
    }
    const algorithms = resolveAlgorithms(owner.algorithms, {
      hasSecret: list.some(hasSharedSecret),
      hasOthers: kinds.some((kind) => kind !== "sharedSecret"),
    });
    createUrlCheck(owner.insecure?.allowHttpHosts ?? []); // a wrong one is a mistake, also where nothing is fetched
    const report = createKeyReport(owner.issuer, server.onWarning);
    const sources = list.map((keys) => createSource(keys, { owner, server, algorithms, report }));
    return {
      algorithms: algorithms.all,
      keys: joinKeys(sources, (fitting) => report.odd(describeMany(fitting))),
    };
  } catch (error) {
    throw error instanceof TypeError
      ? new TypeError(`issuer ${owner.issuer}: ${error.message}`, { cause: error })
      : error;
  }
}

/** Find the one way in which keys are given. Plain JavaScript, and files of settings, can name any. */
function kindOf(keys: KeyOptions): KeyKind {
  if (typeof keys !== "object" || keys === null) {
    throw new TypeError("keys must be an object, or a list of some");
  }
  assertOptionNames("keys", keys, Object.assign({}, ...Object.values(MEMBERS)));
  const given: Readonly<Record<string, unknown>> = { ...keys };
  const kinds = (Object.keys(MEMBERS) as KeyKind[]).filter((kind) => given[kind] !== undefined); // the keys of the table
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    throw new TypeError("keys need exactly one of jwks, jwksUri, discovery, sharedSecret and source");
  }
  assertOptionNames(`keys with ${kind}`, keys, MEMBERS[kind]);
  return kind;
}

/** Only true itself says so: a source of the application's may be plain JavaScript. */
function hasSharedSecret(keys: KeyOptions): boolean {
  const source: KeySource | null = "source" in keys ? keys.source : null;
  return "sharedSecret" in keys || source?.hasSharedSecret === true;
}

/** What the sources of one issuer have in common. */
interface SourceContext {
  readonly owner: KeyOwner;
  readonly server: KeyHost;
  readonly algorithms: KeyAlgorithms;
  readonly report: KeyReport;
}

function createSource(keys: KeyOptions, context: SourceContext): KeySource {
  const { owner, algorithms, report } = context;
  if ("source" in keys && keys.source !== undefined) {
    return guardOwnSource(assertSource(keys.source), owner.issuer);
  }
  if ("sharedSecret" in keys && keys.sharedSecret !== undefined) {
    return createSecretSource(keys.sharedSecret, algorithms);
  }
  const uses = usesOf(owner.identifiedBy);
  if ("jwks" in keys && keys.jwks !== undefined) {
    return createStaticKeys(keys.jwks, algorithms.public, { uses, report });
  }
  const location = keys as JwksLocation; // the only kinds that are left
  return createRemoteSource(location, uses, context);
}

function createRemoteSource(
  location: JwksLocation,
  uses: readonly string[] | undefined,
  { owner, server: { clock, observer: { keysFetched } = {} }, algorithms, report }: SourceContext,
): KeySource {
  const { issuer } = owner;
  assertLocation(location);
  return createRemoteKeys({
    fetchJwks: createJwksFetch(issuer, location, { httpHosts: owner.insecure?.allowHttpHosts, clock }),
    algorithms: algorithms.public,
    uses,
    clock,
    report,
    onFetched: keysFetched && ((fetched) => keysFetched({ issuer, ...fetched })),
  });
}

function createSecretSource(secret: Uint8Array, { secret: algorithm }: KeyAlgorithms): KeySource {
  if (!(secret instanceof Uint8Array)) {
    throw new TypeError("sharedSecret must be a Uint8Array of bytes");
  }
  if (algorithm === undefined) {
    throw new TypeError("a shared secret needs one of HS256, HS384 and HS512 among algorithms");
  }
  return createSharedSecret(secret, algorithm);
}

function assertSource(source: KeySource): KeySource {
  const given: Partial<KeySource> | null = source;
  if (typeof given?.find !== "function" || typeof given.isTrusted !== "function") {
    throw new TypeError("source must have the methods find and isTrusted");
  }
  return source;
}

/** What a header field holds may be a secret: the errors do not repeat it. */
function assertLocation(location: JwksLocation): void {
  const { headers, fetch } = location;
  if ("discovery" in location && location.discovery !== true) {
    throw new TypeError("discovery must be true");
  }
  if (headers !== undefined && typeof headers !== "function" && !areHeaders(headers)) {
    throw new TypeError("headers must be header fields, each of them text, or a function that returns them");
  }
  if (fetch !== undefined && typeof fetch !== "function") {
    throw new TypeError("fetch must be a function");
  }
}
