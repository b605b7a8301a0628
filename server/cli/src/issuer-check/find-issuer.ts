import { UsageError } from "../usage-error.ts";
import { isUrlText } from "./printable.ts";

/** What a URL on the command line names. */
export interface NamedIssuer {
  /** The issuer that was probably meant. */
  readonly issuer: string;
  /** Where its metadata is; empty where there is none to ask for. */
  readonly places: readonly URL[];
}

/** What stands before, or behind, the path of an issuer in the URL of its metadata. */
const WELL_KNOWN = /\/\.well-known\/(?:openid-configuration|oauth-authorization-server)/;

/** The schemes of issuers, as URLs are written: parsers take more for a URL. */
const ISSUER = /^(?:https?|spiffe):\/\/[^/\\]/i;
const ORIGIN = /^[^/]*\/\/[^/?#]*/;

/**
 * Read which issuer a URL names: its own, or that of its metadata.
 *
 * @param argument the URL
 * @param metadataUrl where the metadata is, if that is said
 * @throws UsageError when it is none
 */
export function findIssuer(argument: string, metadataUrl: string | undefined): NamedIssuer {
  const url = URL.parse(argument);
  if (url === null || !ISSUER.test(argument) || !isUrlText(argument)) {
    throw new UsageError("an issuer is a URL such as https://login.example.com");
  }
  assertPublic(url, "the URL of an issuer");
  const [origin = argument] = ORIGIN.exec(argument) ?? [];
  if (origin !== origin.toLowerCase()) {
    throw new UsageError(
      `an issuer is compared letter by letter: write its host in lower case, ${origin.toLowerCase()}`,
    );
  }
  const isExact = WELL_KNOWN.test(argument);
  if (url.search !== "" && !isExact) {
    throw new UsageError(
      "the URL of an issuer has no query: that of its metadata may have one, --metadata-url",
    );
  }
  const [issuer = argument] = argument.replace(WELL_KNOWN, "").split("?");
  return { issuer, places: findPlaces(new URL(issuer), { metadataUrl, isExact, argument }) };
}

/** @throws UsageError that does not repeat the URL, which may hold a password */
function assertPublic({ username, password, hash }: URL, what: string): void {
  if (username !== "" || password !== "") {
    throw new UsageError(`${what} has neither a user name nor a password`);
  }
  if (hash !== "") {
    throw new UsageError(`${what} has no fragment: it ends before the #`);
  }
}

interface PlaceOptions {
  readonly metadataUrl: string | undefined;
  /** Whether the argument is the URL of metadata already. */
  readonly isExact: boolean;
  readonly argument: string;
}

function findPlaces(issuer: URL, { metadataUrl, isExact, argument }: PlaceOptions): readonly URL[] {
  if (metadataUrl !== undefined) {
    return [toPlace(metadataUrl, "metadata-url")];
  }
  if (isExact) {
    return [new URL(argument)];
  }
  if (issuer.protocol === "spiffe:") {
    return [];
  }
  return listWellKnownPlaces(issuer);
}

/** List where the metadata of an issuer may be: OpenID Connect puts the well-known part behind its path, RFC 8414 before it. */
export function listWellKnownPlaces(issuer: URL): readonly URL[] {
  const path = issuer.pathname.replace(/\/$/, "");
  return [`${path}/.well-known/openid-configuration`, `/.well-known/oauth-authorization-server${path}`].map(
    (place) => new URL(issuer.origin + place),
  );
}

/** Read the URL of a document. @throws UsageError when it is none */
export function toPlace(url: string, option: string): URL {
  const place = URL.parse(url);
  if (place === null || !["https:", "http:"].includes(place.protocol)) {
    throw new UsageError(`--${option} must be a URL such as https://login.example.com/keys`);
  }
  assertPublic(place, `the URL of --${option}`);
  return place;
}
