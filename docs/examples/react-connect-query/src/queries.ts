import type { Session } from "@countersign/sdk/browser";
import { QueryClient } from "@tanstack/react-query";

/** Create the cache of answers. What one user has read is gone when the session ends, also by another tab. */
export function createQueries(session: Session): QueryClient {
  // The session makes a call again that was refused for its token: what still fails would fail again.
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  session.on((event) => {
    if (event.type === "signed_out" || event.type === "signed_in") {
      queries.clear();
    }
  });
  return queries;
}
