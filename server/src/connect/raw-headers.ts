import { type ContextValues, createContextKey, createContextValues } from "@connectrpc/connect";

/** Set when a request carried more than one Authorization header. */
const repeatedKey = createContextKey(false, { description: "countersign repeated authorization" });

/** The part of a request of Node that is read: header names and values in turn, as they came. */
interface NodeRequest {
  readonly rawHeaders: readonly string[];
}

/** A request of Node or Express, or one of Fastify, which wraps it. */
export type RawRequest = NodeRequest | { readonly raw: NodeRequest };

/**
 * Look at the headers of a request as they came: option `contextValues` of the adapters for Node, Express and
 * Fastify.
 *
 * Node keeps the first of two Authorization headers and drops the other without a word. Whoever sends two means
 * something by it, and a proxy in front may have read the other one.
 *
 * @param request the request, as the adapter hands it over
 */
export function readRawHeaders(request: RawRequest): ContextValues {
  const values = createContextValues();
  const { rawHeaders } = "raw" in request ? request.raw : request;
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (isAuthorization(rawHeaders[at])) {
      count += 1;
    }
  }
  return count > 1 ? values.set(repeatedKey, true) : values;
}

/** The length is asked first, to spare most headers the copy in lower case. */
function isAuthorization(name: string | undefined): boolean {
  return name?.length === "authorization".length && name.toLowerCase() === "authorization";
}

/** Say whether the request carried more than one Authorization header. */
export function repeatsAuthorization(values: ContextValues): boolean {
  return values.get(repeatedKey);
}
