import { toFactText } from "../errors/facts.ts";
import { DocumentError } from "./document-error.ts";
import { type FetchContext, fetchDocument } from "./fetch-document.ts";
import { hasCredentials, type UrlCheck } from "./secure-url.ts";

/** What {@link createMetadataFetch} needs. */
interface MetadataOptions extends Omit<FetchContext, "stop"> {
  /** The exact name of the issuer. */
  readonly issuer: string;
  /** Where its metadata is; undefined: at both well-known places. */
  readonly metadataUri: string | undefined;
  /** The issuer that the metadata must name. */
  readonly metadataIssuer: string;
  /** Which URLs may be asked. */
  readonly urls: UrlCheck;
  /** What is looked for. */
  readonly wanted: WantedPlace;
}

/** A place that the metadata of an issuer name. */
export interface WantedPlace {
  /** The member that has its URL. */
  readonly member: "jwks_uri" | "token_endpoint" | "verification_endpoint";
  /** What it is, for errors. */
  readonly what: string;
}

/** Where the metadata of an issuer say that something is. */
interface FoundPlace {
  readonly url: URL;
  /** Whether that is the origin of the metadata. */
  readonly isSameOrigin: boolean;
}

/**
 * Create the search for a place that the metadata of an issuer name, such as where its keys are. Both well-known places are asked at once, and the first answer that
 * is the issuer's metadata counts, whatever the other one is: a page of HTML, a redirect, an error, or the metadata of
 * another issuer.
 *
 * @returns a function that throws when none of them is, and says what each of them is
 * @throws TypeError when the issuer is no URL that may be asked, and `metadataUri` is not given
 */
export function createMetadataFetch(options: MetadataOptions): () => Promise<FoundPlace> {
  const { urls, headers, fetch, clock, wanted } = options;
  const places = findPlaces(options);
  const readPlace = async (place: URL, stop: AbortSignal): Promise<FoundPlace> => {
    const { json } = await fetchDocument(place, { headers, fetch, clock, stop });
    const url = readPlaceOf(json, place, options);
    if (!urls.isAllowed(url, place)) {
      throw new DocumentError(place, `names a ${wanted.what} that is not at an https:// URL`);
    }
    return { url, isSameOrigin: url.origin === place.origin };
  };
  return async () => {
    const found = new AbortController();
    try {
      return await Promise.any(places.map((place) => readPlace(place, found.signal)));
    } catch (cause) {
      throw new Error(`the issuer's metadata cannot be had: ${describeAll(cause)}`, { cause });
    } finally {
      found.abort();
    }
  };
}

/** Each place has a reason of its own. */
function describeAll(error: unknown): string {
  const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
  return errors.map((each) => (each instanceof Error ? each.message : "unknown error")).join("; ");
}

/** RFC 8414 puts the well-known part before the path, OpenID Connect behind it. */
function findPlaces({ issuer, metadataUri, urls }: MetadataOptions): readonly URL[] {
  if (metadataUri !== undefined) {
    return [urls.parse("metadataUri", metadataUri)];
  }
  if (issuer.includes("{")) {
    throw new TypeError(
      "keys.metadataUri is required: the issuer is a template, which is no place for metadata",
    );
  }
  const url = urls.parse("the issuer", issuer);
  const path = url.pathname.replace(/\/$/, "");
  const places = [
    `${path}/.well-known/openid-configuration`,
    `/.well-known/oauth-authorization-server${path}`,
  ];
  return places.map((pathname) => new URL(url.origin + pathname));
}

/** Another issuer's metadata must not choose this one's keys (RFC 8414 §3.3). */
function readPlaceOf(
  json: unknown,
  place: URL,
  { metadataIssuer: issuer, wanted: { member, what } }: MetadataOptions,
): URL {
  if (typeof json !== "object" || json === null || !Object.hasOwn(json, "issuer")) {
    throw new DocumentError(place, "is not the metadata of an issuer");
  }
  const metadata: { readonly issuer?: unknown } & { readonly [Member in WantedPlace["member"]]?: unknown } =
    json;
  if (metadata.issuer !== issuer) {
    throw new DocumentError(
      place,
      `is the metadata of issuer ${toFactText(metadata.issuer)}, not of ${toFactText(issuer)}`,
    );
  }
  const text = metadata[member];
  if (typeof text !== "string" || !URL.canParse(text)) {
    throw new DocumentError(place, `names no ${what}`);
  }
  const url = new URL(text);
  if (hasCredentials(url)) {
    throw new DocumentError(place, `names a ${what} with a user or a password in its URL`);
  }
  return url;
}
