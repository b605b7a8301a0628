import { isLoopback } from "../../kernel/loopback.ts";
import { assertOptionNames } from "../../kernel/option-names.ts";

/** The API as a protected resource of OAuth, by which clients learn where to get tokens for it (RFC 9728). */
export interface ResourceOptions {
  /**
   * The URL by which clients name the API ([RFC 9728 §1.2](https://www.rfc-editor.org/rfc/rfc9728#section-1.2)), such as
   * `https://api.example.com`; http only on loopback.
   */
  readonly url: string;
  /** The name of the API for people. Default: none. */
  readonly name?: string | undefined;
}

/** A resource whose URL has been checked. */
export interface Resource {
  /** Exactly as clients name it. */
  readonly url: string;
  readonly name: string | undefined;
  /** The path of its metadata (RFC 9728 §3.1). */
  readonly metadataPath: string;
  /** The URL of its metadata. */
  readonly metadataUrl: string;
}

const WELL_KNOWN = "/.well-known/oauth-protected-resource";
/** More is no name, and would make the metadata large. */
const MAX_TEXT_CHARS = 1_024;

const OPTION_NAMES: Readonly<Record<keyof ResourceOptions, true>> = { url: true, name: true };

/**
 * Check the URL of a resource, and compute where its metadata is.
 *
 * @param given the URL, or the URL with more; undefined: the server is no resource
 * @param what names the option, for errors. Default: `resource`
 * @throws TypeError when it is no URL that clients can name the API by, as they would write it
 */
export function resolveResource(
  given: string | ResourceOptions | undefined,
  what = "resource",
): Resource | undefined {
  if (given === undefined) {
    return undefined;
  }
  const { url: text, name } = toOptions(given, what);
  if (name !== undefined && (typeof name !== "string" || name === "" || name.length > MAX_TEXT_CHARS)) {
    throw new TypeError(`${what}.name must be a text of 1 to ${MAX_TEXT_CHARS} characters`);
  }
  const url = parseResourceUrl(text, (fault) => {
    // Without what may be a password in it.
    const shown = typeof text === "string" ? text.replace(/\/\/.*@/s, "//…@").slice(0, 256) : typeof text;
    return new TypeError(`${what} ${JSON.stringify(shown)} ${fault} (RFC 9728 §1.2)`);
  });
  // §3.1: the path of the resource goes behind the well-known one, without a slash that follows the host.
  const metadataPath = `${WELL_KNOWN}${url.pathname === "/" ? "" : url.pathname}`;
  return { url: text, name, metadataPath, metadataUrl: `${url.origin}${metadataPath}` };
}

function toOptions(given: string | ResourceOptions, what: string): ResourceOptions {
  if (typeof given !== "object" || given === null) {
    return { url: given };
  }
  assertOptionNames(what, given, OPTION_NAMES);
  return given;
}

/** Plain JavaScript can give anything. */
function parseResourceUrl(text: unknown, refuse: (fault: string) => TypeError): URL {
  if (typeof text !== "string" || text.length > MAX_TEXT_CHARS || !URL.canParse(text)) {
    throw refuse('is not a URL such as "https://api.example.com": what tokens carry in aud is the audience');
  }
  const url = new URL(text);
  const isLocal = url.protocol === "http:" && isLoopback(url.hostname);
  if (url.protocol !== "https:" && !isLocal) {
    throw refuse("must begin with https://; http:// is for loopback only");
  }
  if (/[?#]/.test(text) || url.username !== "" || url.password !== "") {
    throw refuse("must have no query, no fragment and no name of a user");
  }
  // Clients compare it letter by letter (RFC 9728 §3.3), and some with what their own parser makes of it.
  if (url.href !== text && url.href !== `${text}/`) {
    throw refuse(`must be written as URLs are: "${url.href}"`);
  }
  return url;
}
