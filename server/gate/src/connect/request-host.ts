/** A request of Node's http or http2, as far as it says which host it is for. */
export interface HostedRequest {
  /** Names in lower case, as Node joins the fields. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Header names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
}

type HeaderValue = HostedRequest["headers"][string];

/**
 * What no host has ([RFC 3986 §3.2.2](https://www.rfc-editor.org/rfc/rfc3986#section-3.2.2)): URL would take it for a
 * user or a path, translate it, or drop it.
 */
const FORBIDDEN = /[^\x21-\x7e]|[/?#@\\]/;

/** The longest name that DNS has, with a port. */
const MAX_LENGTH = 255 + ":65535".length;

/** Check whether a text is a host, with or without a port, so that a URL can be made with it. */
export function isHost(text: string): boolean {
  return text.length <= MAX_LENGTH && !FORBIDDEN.test(text) && URL.canParse(`http://${text}`);
}

/**
 * Read which host a request is for; `undefined` when it names none, more than one, or one that is not well-formed
 * ([RFC 9112 §3.2](https://www.rfc-editor.org/rfc/rfc9112#section-3.2)). Over HTTP/2 it may name it twice, as
 * `:authority` and as `host`, but not two ([RFC 9113 §8.3.1](https://www.rfc-editor.org/rfc/rfc9113#section-8.3.1)).
 */
export function hostOf({ headers, rawHeaders }: HostedRequest): string | undefined {
  const { host, ":authority": authority = host, ":scheme": scheme } = headers;
  if (typeof authority !== "string" || !isHost(authority) || repeatsField(rawHeaders, "host")) {
    return undefined;
  }
  const isOneHost = host === undefined || host === authority || isSameHost(host, authority, scheme);
  return isOneHost ? authority : undefined;
}

/** Check whether two texts are one host: without regard to case, and to the port when it is that of the scheme. */
function isSameHost(host: HeaderValue, authority: string, scheme: HeaderValue): boolean {
  if (typeof host !== "string" || !isHost(host)) {
    return false;
  }
  const protocol = scheme === "https" ? "https" : "http";
  const normalize = (text: string): string => new URL(`${protocol}://${text}`).host;
  return normalize(host) === normalize(authority);
}

/**
 * Check whether a field stands twice in a header. Node keeps the first of some fields, and drops the others without a
 * word.
 */
export function repeatsField(rawHeaders: readonly string[], name: string): boolean {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const each = rawHeaders[at];
    // The length is asked first, to spare most fields the copy in lower case.
    if (each?.length === name.length && each.toLowerCase() === name) {
      count += 1;
    }
  }
  return count > 1;
}
