import type { ReactNode } from "react";
import { useState } from "react";
import { useServices } from "../session/services-context.tsx";
import { Wordmark } from "../ui/mark.tsx";

/** The name of the product, and the way out. */
export function TopBar(): ReactNode {
  const { session } = useServices();
  const [leaving, setLeaving] = useState(false);
  const signOut = (): void => {
    setLeaving(true);
    // It ends here whatever the server answers, and this page gives way to the sign-in page.
    void session.signOut();
  };
  return (
    <header className="topbar">
      <h1 className="topbar__title">
        <Wordmark />
      </h1>
      <button type="button" className="button" onClick={signOut} aria-busy={leaving}>
        Sign out
      </button>
    </header>
  );
}
