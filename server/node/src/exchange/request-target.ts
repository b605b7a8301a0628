import { isHost } from "@countersign/server/internal";

/**
 * What follows the first slash would let the rest pass for another host: `//host/path`, and in URL `/\host/path` too.
 */
const ORIGIN_FORM = /^\/(?![/\\\t\r\n])/;

/**
 * Check whether the target of a request has the origin form ([RFC 9112
 * §3.2.1](https://www.rfc-editor.org/rfc/rfc9112#section-3.2.1)), the only one that is served.
 */
export function isOriginForm(target: string): boolean {
  return ORIGIN_FORM.test(target);
}

/** Finds the origin of a request's URL; `undefined` when its host is not well-formed. */
export type OriginReader = (scheme: "http" | "https", authority: string | undefined) => string | undefined;

/** Create a reader that remembers its last answer: most requests name the same host. */
export function createOriginReader(): OriginReader {
  let lastScheme: string | undefined;
  let lastAuthority: string | undefined;
  let lastOrigin: string | undefined;
  return (scheme, authority) => {
    if (authority === lastAuthority && scheme === lastScheme) {
      return lastOrigin;
    }
    if (authority === undefined || !isHost(authority)) {
      return undefined;
    }
    lastOrigin = new URL(`${scheme}://${authority}`).origin;
    lastScheme = scheme;
    lastAuthority = authority;
    return lastOrigin;
  };
}
