/** A field name of HTTP (RFC 9110 §5.1). */
const FIELD_NAME = /^[!#$%&'+.^_`|~0-9A-Za-z-]{1,100}$/;

/** How much of an option's value a message repeats, in characters. */
const MAX_QUOTED_CHARS = 100;

/**
 * Assert that a list holds names of headers. `*` is none: to requests with credentials it means a header of that name
 * (Fetch, "CORS-preflight fetch").
 *
 * @param option has the list, for errors
 * @param names plain JavaScript can give anything
 * @throws TypeError that names the option and the entry
 */
export function assertFieldNames(option: string, names: readonly string[]): void {
  if (!Array.isArray(names)) {
    throw new TypeError(`${option} must be a list of headers such as ["traceparent"]`);
  }
  for (const name of names) {
    const fault = findFieldNameFault(name);
    if (fault !== undefined) {
      throw new TypeError(`${option}: ${fault}`);
    }
  }
}

function findFieldNameFault(name: unknown): string | undefined {
  if (typeof name !== "string") {
    return `the name of a header is text such as "traceparent", not ${name === null ? "null" : typeof name}`;
  }
  if (name === "*") {
    return '"*" does not stand for all headers: list each of them';
  }
  const isName = FIELD_NAME.test(name);
  return isName
    ? undefined
    : `${JSON.stringify(name.slice(0, MAX_QUOTED_CHARS))} is not the name of a header`;
}
