import { isLoopback } from "@countersign/server/internal";

/** Scheme, host and path: no user, white space, backslash, query or fragment. */
const ISSUER_URL = /^https?:\/\/[^/\s\\?#@]+(?<path>\/[^\s\\?#]*)?$/i;

/**
 * Check the public URL of an issuer (RFC 8414 §2).
 *
 * Others fetch its keys there, and refuse to do that in the clear, where an attacker on the way can replace them.
 *
 * @returns what is wrong, as the end of a sentence; undefined when nothing is
 */
export function findIssuerUrlFault(
  url: string,
  { allowHttp = false }: { readonly allowHttp?: boolean | undefined } = {},
): string | undefined {
  const { protocol = "", hostname = "", pathname } = URL.parse(url) ?? {};
  if (!/^https?:$/.test(protocol) || /[?#]/.test(url)) {
    return "must be an http(s) URL without query and fragment (RFC 8414 §2)";
  }
  // Names are compared as they are written: a parser must not make another one of it.
  const { path = "/" } = ISSUER_URL.exec(url)?.groups ?? { path: "" };
  if (path !== pathname) {
    return "must be written as https://host/path, without a user, white space and segments such as ..";
  }
  return protocol === "https:" || allowHttp || isLoopback(hostname)
    ? undefined
    : "must begin with https://, or be on loopback: no gate fetches keys in the clear from elsewhere";
}
