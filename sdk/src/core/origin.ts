/** Decides whether a URL may be sent a token. */
export type OriginGuard = (url: string) => boolean;

/** What {@link createOriginGuard} needs. */
export interface OriginGuardOptions {
  /** The address of the server: the only origin that gets the token. */
  readonly baseUrl: string;
  /** Origins that may get a token over plain http although they are not on this machine. */
  readonly allowInsecure?: readonly string[];
}

/**
 * Build the check that a token passes before it is sent: exactly the origin of the base URL, and only over
 * https or over http to this machine (RFC 6750 §5.3).
 *
 * @throws TypeError when the base URL is not an absolute http or https URL
 */
export function createOriginGuard(options: OriginGuardOptions): OriginGuard {
  const base = parseBaseUrl(options.baseUrl);
  const allowed = (options.allowInsecure ?? []).map((origin) => new URL(origin).origin);
  if (!isSecureOrigin(base) && !allowed.includes(base.origin)) return () => false;
  // A URL that begins with the origin and a slash cannot name another host: the common case costs no parsing.
  const prefix = `${base.origin}/`;
  return (url) => url.startsWith(prefix) || hasOrigin(url, base.origin);
}

/** Say whether a URL is https, or http to this machine. */
export function isSecureOrigin(url: URL): boolean {
  if (url.protocol === "https:") return true;
  return url.protocol === "http:" && isLoopback(url.hostname);
}

function parseBaseUrl(baseUrl: string): URL {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url?.protocol === "https:" || url?.protocol === "http:") return url;
  throw new TypeError("baseUrl must be an absolute http or https URL");
}

function hasOrigin(url: string, origin: string): boolean {
  return URL.canParse(url) && new URL(url).origin === origin;
}

function isLoopback(hostname: string): boolean {
  if (hostname === "localhost" || hostname.endsWith(".localhost")) return true;
  return hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
