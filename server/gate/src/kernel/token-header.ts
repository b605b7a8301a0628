/** The name of a field ([RFC 9110 §5.1](https://www.rfc-editor.org/rfc/rfc9110#section-5.1)). */
const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * Header fields that say how a request is sent: those of one connection (RFC 9110 §7.6.1), of the body, of gRPC and Connect,
 * and our own. A token in one of them would be taken away by a proxy, or its absence would break the call.
 */
const TAKEN = new RegExp(
  "^(?:host|cookie|origin|expect|connection|keep-alive|te|trailer|transfer-encoding|upgrade|" +
    "x-grpc-web|x-user-agent|user-agent|(?:proxy|content|accept|grpc|connect|countersign)(?:-.*)?)$",
);

/**
 * Assert that a header can hold the token.
 *
 * @param what the option that names it, for the error
 * @returns its name in lower case
 * @throws TypeError when it is no name of a header, or of one that says something else
 */
export function resolveTokenHeader(what: string, name: unknown): string {
  if (typeof name !== "string" || !FIELD_NAME.test(name)) {
    throw new TypeError(`${what} must be the name of a header, such as cf-access-jwt-assertion`);
  }
  const lower = name.toLowerCase();
  if (TAKEN.test(lower)) {
    throw new TypeError(`${what} must be a header of the token alone, and ${lower} says something else`);
  }
  return lower;
}
