import type { ReactNode } from "react";
import { useSession } from "./session/use-session.ts";
import { SignInPage } from "./sign-in/sign-in-page.tsx";
import { Splash } from "./ui/splash.tsx";
import { Workspace } from "./workspace/workspace.tsx";

/** The page: what is shown follows from the session alone. */
export function App(): ReactNode {
  const { status, sessionId } = useSession();
  if (status === "loading") {
    return <Splash />;
  }
  if (status === "signed_out") {
    return <SignInPage />;
  }
  return <Workspace key={sessionId} />;
}
