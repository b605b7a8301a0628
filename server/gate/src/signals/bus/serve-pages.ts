import { toPages } from "./pages.ts";
import type { PeerMessage } from "./peer-messages.ts";
import type { Peers } from "./peers.ts";
import type { SharedRevocations } from "./shared-revocations.ts";

type Fetch = Extract<PeerMessage, { readonly kind: "fetch" }>;

/** How many servers are sent pages at a time: others ask again. */
const MAX_SERVED = 8;

/** Create what sends another server the pages that it asks for. */
export function createPageServer({
  known,
  publish,
}: {
  readonly known: Pick<SharedRevocations, "list">;
  readonly publish: Peers["publish"];
}): (to: string, fetch: Fetch) => void {
  let served = 0;
  const serve = async (to: string, { pull, parts }: Fetch): Promise<void> => {
    const pages = toPages(known.list(parts));
    for (const [index, revoked] of pages.entries()) {
      const isLast = index === pages.length - 1;
      await publish({ kind: "page", pull, revoked, ...(isLast ? { pages: pages.length } : {}) }, to);
    }
  };
  return (to, fetch) => {
    if (served >= MAX_SERVED) {
      return;
    }
    served += 1;
    serve(to, fetch)
      .catch(() => undefined) // the bus is down: the other asks again
      .finally(() => {
        served -= 1;
      });
  };
}
