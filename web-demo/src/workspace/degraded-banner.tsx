import type { ReactNode } from "react";
import { useSession } from "../session/use-session.ts";

/** Says that the server is away and the session is not. */
export function DegradedBanner(): ReactNode {
  const { degraded } = useSession();
  return (
    <div role="status" aria-label="Connection">
      {degraded && (
        <p className="banner">
          The server does not answer. Your session is kept, and goes on by itself when it is back.
        </p>
      )}
    </div>
  );
}
