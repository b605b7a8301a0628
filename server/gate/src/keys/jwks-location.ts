import { isLoopback } from "../kernel/loopback.ts";
import { DocumentStatusError, type FetchedDocument, fetchDocument } from "./fetch-document.ts";

/** How the key set of an issuer is found. */
export type JwksLocation = { readonly jwksUri: string } | { readonly discovery: true };

/** Fetches the key set of one issuer. */
export type JwksFetch = () => Promise<FetchedDocument>;

/**
 * Create the fetch of an issuer's key set: from its URL, or from where its metadata says
 * ([RFC 8414 §3](https://www.rfc-editor.org/rfc/rfc8414#section-3), OpenID Connect Discovery).
 *
 * @param issuer the exact name of the issuer
 * @param location how its key set is found
 * @throws TypeError when a URL is not `https://`, or `http://` on loopback
 */
export function createJwksFetch(issuer: string, location: JwksLocation): JwksFetch {
  if ("jwksUri" in location) {
    const url = parseSecureUrl(location.jwksUri);
    return () => fetchDocument(url);
  }
  const candidates = toMetadataUrls(parseSecureUrl(issuer));
  return async () => fetchDocument(await discover(issuer, candidates));
}

/** Where metadata may be: RFC 8414 puts the well-known part before the path, OpenID Connect behind it. */
function toMetadataUrls(issuer: URL): readonly URL[] {
  const path = issuer.pathname.replace(/\/$/, "");
  return [`/.well-known/oauth-authorization-server${path}`, `${path}/.well-known/openid-configuration`].map(
    (pathname) => new URL(pathname, issuer),
  );
}

/** Only "not found" says that the metadata is elsewhere: an issuer that is down is not asked twice. */
async function discover(issuer: string, candidates: readonly URL[]): Promise<URL> {
  let cause: unknown;
  for (const url of candidates) {
    try {
      const { json } = await fetchDocument(url);
      return readJwksUri(json, issuer);
    } catch (error) {
      cause = error;
      if (!(error instanceof DocumentStatusError && error.status >= 400 && error.status <= 499)) {
        break;
      }
    }
  }
  throw new Error("the issuer's metadata cannot be had", { cause });
}

/** Another issuer's metadata must not choose this one's keys (RFC 8414 §3.3). */
function readJwksUri(json: unknown, issuer: string): URL {
  if (typeof json !== "object" || json === null || !("issuer" in json) || json.issuer !== issuer) {
    throw new Error("the metadata is not that of the issuer");
  }
  if (!("jwks_uri" in json) || typeof json.jwks_uri !== "string") {
    throw new Error("the metadata names no key set");
  }
  const url = parseSecureUrl(json.jwks_uri);
  if (url.protocol === "http:" && new URL(issuer).protocol !== "http:") {
    throw new Error("the metadata names a key set that is not at an https:// URL");
  }
  return url;
}

function parseSecureUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url === undefined ||
    !(url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname)))
  ) {
    throw new TypeError(`${JSON.stringify(text)} must be an https:// URL, or http:// on loopback`);
  }
  return url;
}
