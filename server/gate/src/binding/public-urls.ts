/** More names of one server are a mistake, and each is compared with the `htu` of a proof. */
const MAX_URLS = 64;

/** A URL that a client would send: no spaces, no controls, nothing that a parser of URLs would mend. */
const WRITTEN = /^[!-[\]-~]+$/;

/**
 * Fill in option `publicUrls`: the URLs under which clients reach a server, without a slash at the end.
 *
 * @param option has the list, for errors
 * @throws TypeError that names the entry and what is wrong with it
 */
export function resolvePublicUrls(option: string, urls: readonly string[] = []): readonly string[] {
  if (urls.length > MAX_URLS) {
    throw new TypeError(`${option} must be at most ${MAX_URLS} URLs`);
  }
  return [...new Set(urls.map((url) => toPublicUrl(option, url)))];
}

function toPublicUrl(option: string, text: string): string {
  const url = WRITTEN.test(text) ? URL.parse(text) : null;
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    throw new TypeError(`${option}: an entry is no URL such as https://api.example.com`);
  }
  if (url.username + url.password !== "") {
    throw new TypeError(`${option}: the entry for ${url.host} has a user name or a password`);
  }
  if (/[?#]/.test(text)) {
    throw new TypeError(`${option}: ${url.origin} has a query or a fragment, and a proof names neither`);
  }
  return url.href.replace(/\/+$/, "");
}

/**
 * Check whether the URL that a proof names is that of a path under one of the public URLs. One with a query or a fragment
 * is not ([RFC 9449 §4.2](https://www.rfc-editor.org/rfc/rfc9449#section-4.2)): nothing would be checked of either.
 *
 * @param htu what the proof names
 * @param path the path under the public URLs, such as `/notes.v1.NotesService/List`
 */
export function isUnderOneOf(publicUrls: readonly string[], path: string, htu: string): boolean {
  const isOne = (written: string): boolean => publicUrls.some((url) => written === url + path);
  return isOne(htu) || isOne(toComparable(htu));
}

/** Write a URL in the one form of RFC 3986 §6.2. Empty: it is none, or has a query or a fragment. */
function toComparable(htu: string): string {
  const url = WRITTEN.test(htu) && !/[?#]/.test(htu) ? URL.parse(htu) : null;
  return url === null ? "" : url.href;
}
