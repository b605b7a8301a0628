/**
 * What follows the first slash would let the rest pass for another host: `//host/path`, and in URL `/\host/path` too.
 */
const ORIGIN_FORM = /^\/(?![/\\\t\r\n])/;

/**
 * Check whether the target of a request has the origin form ([RFC 9112
 * §3.2.1](https://www.rfc-editor.org/rfc/rfc9112#section-3.2.1)), the only one that is served: the others name a host of
 * their own, which need not be the one that the field names.
 */
export function isOriginForm(target: string): boolean {
  return ORIGIN_FORM.test(target);
}
