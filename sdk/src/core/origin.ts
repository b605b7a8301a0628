import { SessionError } from "./errors.ts";

/** Decides whether a URL may be sent a token. @returns why it may not; `undefined` when it may */
export type OriginGuard = (url: string) => SessionError | undefined;

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
 * @throws TypeError when the base URL is not an absolute http or https URL, or another origin is none
 */
export function createOriginGuard(options: OriginGuardOptions): OriginGuard {
  const { baseUrl, allowedOrigins = [], allowInsecure = [] } = options;
  const insecure = allowInsecure.map((url) => originOf("allowInsecure", url));
  const origins = allowedOrigins.map((url) => originOf("allowedOrigins", url));
  origins.push(originOf("baseUrl", baseUrl, "URL"));
  const safe = origins.filter((origin) => isSecureOrigin(origin) || insecure.includes(origin));
  const prefixes = safe.map((origin) => `${origin}/`);
  return (url) => {
    // A URL that begins with the origin and a slash cannot name another host: the common case costs no parsing.
    if (prefixes.some((prefix) => url.startsWith(prefix))) {
      return undefined;
    }
    const origin = absoluteUrl(url).split("/", 3).join("/") || "the URL";
    const option = origins.includes(origin) ? "allowInsecure" : "allowedOrigins";
    return safe.includes(origin)
      ? undefined
      : new SessionError("ORIGIN_NOT_ALLOWED", { detail: `${origin} is not in ${option}` });
  };
}

const SECURE = /^(https:|http:\/\/(localhost|127(\.\d+){3}|\[::1\])(:|$))/;

/** Check whether an origin is https, or http to this machine. Node asks DNS for `*.localhost`, so that is none. */
export function isSecureOrigin(origin: string): boolean {
  return SECURE.test(origin);
}

/** @throws TypeError when the URL of an option is not http or https, or has more than an origin where that is wanted */
function originOf(option: string, url: string, form = "origin"): string {
  try {
    const { origin, href } = new URL(url);
    // A path would be dropped without a word, and the token go to all others of the origin; an asterisk names no host.
    if (/^https?:[^*]*$/.test(origin) && (form === "URL" || href === `${origin}/`)) {
      return origin;
    }
  } catch {
    // Its own error names neither the option nor, in some browsers, the value.
  }
  throw new TypeError(`${option}: "${url}" is no http or https ${form}`);
}

/** Resolve a URL just as `fetch` does, relative to the page; empty when it cannot be fetched. */
export function absoluteUrl(url: string): string {
  try {
    return globalThis.Request ? new Request(url).url : new URL(url).href;
  } catch {
    return "";
  }
}
