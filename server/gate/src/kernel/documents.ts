import type { Endpoint, EndpointContext } from "./endpoint.ts";

/**
 * Public documents, to be used in one of two ways: as a table of endpoints by their path, for hosts that have routes,
 * and as one endpoint that answers them all, and any other path with 404.
 */
export interface Documents {
  (request: Request, context?: EndpointContext): Promise<Response>;
  readonly [path: string]: Endpoint;
}

/** Make documents of a table of their endpoints, by their path. */
export function toDocuments(table: Readonly<Record<string, Endpoint>>): Documents {
  const answer: Endpoint = async (request, context) => {
    const { pathname } = new URL(request.url);
    const endpoint = Object.hasOwn(table, pathname) ? table[pathname] : undefined;
    return endpoint === undefined ? new Response(null, { status: 404 }) : endpoint(request, context);
  };
  return Object.freeze(Object.assign(answer, table));
}
