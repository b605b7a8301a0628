/** How much of an option's value a message repeats, in characters. */
const MAX_QUOTED_CHARS = 200;

/** The schemes of web pages. Apps and browser extensions have schemes of their own, such as `capacitor:`. */
const WEB_SCHEMES: readonly string[] = ["http:", "https:"];

/** Text that goes on behind the host, if only with a slash. */
const IS_LONGER = /^[^:/?#]+:\/\/[^/?#]*[/?#]/;

/**
 * Assert that a list holds origins that a browser or a web view sends (RFC 6454 §6.2): `https://app.example`, or that of
 * an app such as `capacitor://localhost` or `chrome-extension://abcdefgh`. Origins are compared as they are, so there
 * are no wildcards.
 *
 * @param option has the list, for errors
 * @param origins plain JavaScript can give anything
 * @throws TypeError that names the option, the entry and what was meant
 */
export function assertOrigins(option: string, origins: readonly string[]): void {
  if (!Array.isArray(origins)) {
    throw new TypeError(`${option} must be a list of origins such as ["https://app.example"]`);
  }
  for (const origin of origins) {
    const fault = findOriginFault(origin);
    if (fault !== undefined) {
      throw new TypeError(`${option}: ${fault}`);
    }
  }
}

function findOriginFault(origin: unknown): string | undefined {
  if (typeof origin !== "string") {
    return `an origin is text such as "https://app.example", not ${origin === null ? "null" : typeof origin}`;
  }
  const url = URL.parse(origin);
  // What stands before an @ may be a password.
  if (url !== null && url.username + url.password !== "") {
    return `the entry for ${url.host} has a user name or a password, and an origin has neither`;
  }
  const fault = origin.includes("*")
    ? "has a *, and origins are compared as they are: list each of them"
    : describeFault(origin, url);
  return fault && `${JSON.stringify(origin.slice(0, MAX_QUOTED_CHARS))} ${fault}`;
}

function describeFault(origin: string, url: URL | null): string | undefined {
  if (origin === "null") {
    return "is sent by every page without an origin, such as a sandboxed frame: it names no one";
  }
  if (url === null || url.host === "") {
    return "is no origin such as https://app.example: it needs a scheme and a host";
  }
  // Only the web's own schemes have an origin for URL; those of apps are "null" there.
  if (!WEB_SCHEMES.includes(url.protocol) && url.origin !== "null") {
    return "has a scheme that no page has";
  }
  const meant = `${url.protocol}//${url.host}`;
  if (origin === meant) {
    return undefined;
  }
  return IS_LONGER.test(origin)
    ? `is more than an origin, which ends before the path: ${meant}`
    : `is not written as browsers send it, ${meant}`;
}
