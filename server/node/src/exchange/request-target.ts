/** What follows the first slash would let the rest pass for another host: `//host/path`, and in URL `/\host/path` too. */
const ORIGIN_FORM = /^\/(?![/\\\t\r\n])/;

/** Say whether the target of a request has the origin form ([RFC 9112 §3.2.1](https://www.rfc-editor.org/rfc/rfc9112#section-3.2.1)), the only one that is served. */
export function isOriginForm(target: string): boolean {
  return ORIGIN_FORM.test(target);
}
