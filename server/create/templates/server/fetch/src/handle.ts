import { createContextValues } from "@connectrpc/connect";
import { createFetchHandler, setPeer } from "@countersign/server";
import { auth, documents } from "./auth.ts";

const peers = new WeakMap<Request, string>();
const peerOf = (request: Request): string => peers.get(request) ?? "";

const handler = createFetchHandler(auth, {
  contextValues: (request) => setPeer(createContextValues(), peerOf(request)),
  async fallback(request) {
    const { pathname } = new URL(request.url);
    const endpoint = Object.hasOwn(documents, pathname) ? documents[pathname] : undefined;
    return endpoint === undefined
      ? new Response(null, { status: 404 })
      : endpoint(request, { peer: peerOf(request) });
  },
});

/**
 * Answer a request: a call, or what is served beside the calls.
 *
 * @param peer the address that it comes from: limits count by it
 */
export function handle(request: Request, peer: string): Promise<Response> {
  peers.set(request, peer);
  return handler(request);
}
