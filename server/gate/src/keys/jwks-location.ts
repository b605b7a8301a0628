import type { Clock } from "../kernel/clock.ts";
import { createMetadataFetch } from "./discover.ts";
import { type FetchedDocument, type FetchOptions, fetchDocument } from "./fetch-document.ts";
import { createUrlCheck } from "./secure-url.ts";

/** How the key set of an issuer is found, and fetched. */
export type JwksLocation = (
  | {
      /** The URL of its JWK Set. */
      readonly jwksUri: string;
    }
  | DiscoveryOptions
) &
  FetchOptions;

/** How the metadata of an issuer is found. */
export interface DiscoveryOptions {
  readonly discovery: true;
  /** Where its metadata is. Default: both well-known places, of OpenID Connect and of RFC 8414. */
  readonly metadataUri?: string | undefined;
  /**
   * The issuer that its metadata names, where that is another one than `iss` of its tokens. Its keys are then trusted for
   * this issuer: name only one that you know to be the same. Default: the issuer.
   */
  readonly metadataIssuer?: string | undefined;
}

/** Fetches the key set of one issuer. */
export type JwksFetch = () => Promise<FetchedDocument>;

/** How {@link createJwksFetch} asks. */
interface JwksFetchOptions {
  /** Hosts that may be asked over `http://`, each with its port, as `keycloak:8080`. Default: none but loopback. */
  readonly httpHosts?: readonly string[] | undefined;
  /** The time. Default: the machine's. */
  readonly clock?: Clock | undefined;
}

/**
 * Create the fetch of an issuer's key set: from its URL, or from where its metadata says
 * ([RFC 8414 §3](https://www.rfc-editor.org/rfc/rfc8414#section-3), OpenID Connect Discovery).
 *
 * @param issuer the exact name of the issuer
 * @param location how its key set is found
 * @throws TypeError when a URL is not `https://`, or `http://` on loopback or to one of the hosts
 */
export function createJwksFetch(
  issuer: string,
  location: JwksLocation,
  { httpHosts = [], clock }: JwksFetchOptions = {},
): JwksFetch {
  const urls = createUrlCheck(httpHosts);
  const { headers, fetch } = location;
  if ("jwksUri" in location) {
    const url = urls.parse("jwksUri", location.jwksUri);
    return () => fetchDocument(url, { headers, fetch, clock });
  }
  const { metadataUri, metadataIssuer = issuer } = location;
  const findKeys = createMetadataFetch({
    issuer,
    metadataUri,
    metadataIssuer,
    urls,
    wanted: { member: "jwks_uri", what: "key set" },
    headers,
    fetch,
    clock,
  });
  return async () => {
    const { url, isSameOrigin } = await findKeys();
    // What the fields hold is for the origin that was configured, not for one that a document names.
    return fetchDocument(url, { headers: isSameOrigin ? headers : undefined, fetch, clock });
  };
}
