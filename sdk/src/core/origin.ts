/** Decides whether a URL may be sent a token. */
export type OriginGuard = (url: string) => boolean;

/** Where tokens go. */
export interface OriginGuardOptions {
  /** The address of the server, absolute. Its origin gets the token. */
  readonly baseUrl: string;
  /** Other origins that get the token: more servers that trust the same issuer. Default: none. */
  readonly allowedOrigins?: readonly string[] | undefined;
  /** Those of all these origins that get it over plain http although they are on another machine. Default: none. */
  readonly allowInsecure?: readonly string[] | undefined;
}

/**
 * Build the check that a token passes before it is sent: exactly the origin of the base URL and those that were
 * named, and only over https or over http to this machine (RFC 6750 §5.3).
 *
 * @throws TypeError when the base URL or another origin is not an absolute http or https URL
 */
export function createOriginGuard(options: OriginGuardOptions): OriginGuard {
  const { baseUrl, allowedOrigins = [], allowInsecure = [] } = options;
  const insecure = allowInsecure.map(originOf);
  const prefixes = [baseUrl, ...allowedOrigins]
    .map(originOf)
    .filter((origin) => isSecureOrigin(origin) || insecure.includes(origin))
    .map((origin) => `${origin}/`);
  // A URL that begins with the origin and a slash cannot name another host: the common case costs no parsing.
  return (url) => prefixes.some((prefix) => url.startsWith(prefix) || absoluteUrl(url).startsWith(prefix));
}

const SECURE = /^(https:\/\/.+|http:\/\/((.+\.)?localhost|127(\.\d+){3}|\[::1\])(:\d+)?)$/;

/** Check whether an origin is https, or http to this machine. */
export function isSecureOrigin(origin: string): boolean {
  return SECURE.test(origin);
}

function originOf(url: string): string {
  if (/^https?:/i.test(url) && URL.canParse(url)) {
    return new URL(url).origin;
  }
  throw new TypeError("a base URL must be an absolute http or https URL");
}

/** Resolve a URL just as `fetch` does, relative to the page; empty when it cannot be fetched. */
export function absoluteUrl(url: string): string {
  try {
    return new Request(url).url;
  } catch {
    return "";
  }
}
