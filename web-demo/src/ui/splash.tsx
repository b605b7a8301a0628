import type { ReactNode } from "react";
import { Mark } from "./mark.tsx";

/** Shown for the moment in which the browser's session is looked up. */
export function Splash(): ReactNode {
  return (
    <main className="splash" role="status" aria-label="Restoring your session">
      <Mark />
    </main>
  );
}
