import { useQuery } from "@connectrpc/connect-query";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import type { ReactNode } from "react";
import { useState } from "react";
import { useServices } from "../session/services-context.tsx";
import { Wordmark } from "../ui/mark.tsx";

/** The name of the product, who is signed in, and the way out. */
export function TopBar(): ReactNode {
  const { session } = useServices();
  const [leaving, setLeaving] = useState(false);
  const who = useQuery(SessionService.method.whoAmI).data;
  const signOut = (): void => {
    setLeaving(true);
    // It ends here whatever the server answers, and this page gives way to the sign-in page.
    void session.signOut();
  };
  return (
    <header className="topbar">
      <Wordmark />
      <div className="topbar__who">
        {who && <span className="topbar__subject">{who.subject}</span>}
        <button type="button" className="button" onClick={signOut} aria-busy={leaving}>
          Sign out
        </button>
      </div>
    </header>
  );
}
