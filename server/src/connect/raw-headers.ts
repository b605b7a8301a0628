import { type ContextValues, createContextKey, createContextValues } from "@connectrpc/connect";

/** Set when a request carried more than one Authorization header. */
const repeatedKey = createContextKey(false, { description: "countersign repeated authorization" });

/** The part of a request of Node that is read: header names and values in turn, as they came. */
export interface RawRequest {
  readonly rawHeaders: readonly string[];
}

/**
 * Look at the headers of a request as they came: option `contextValues` of connectNodeAdapter.
 *
 * Node keeps the first of two Authorization headers and drops the other without a word. Whoever sends two means
 * something by it, and a proxy in front may have read the other one.
 *
 * @param request the request of Node's http or http2
 */
export function readRawHeaders(request: RawRequest): ContextValues {
  const values = createContextValues();
  let count = 0;
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    if (request.rawHeaders[at]?.toLowerCase() === "authorization") {
      count += 1;
    }
  }
  return count > 1 ? values.set(repeatedKey, true) : values;
}

/** Say whether the request carried more than one Authorization header. */
export function repeatsAuthorization(values: ContextValues): boolean {
  return values.get(repeatedKey);
}
