import { SessionProvider, useSession } from "@countersign/sdk/react";
import type { ReactNode } from "react";
import { Greeter } from "./greeter.tsx";
import { QueryProvider } from "./query-provider.tsx";
import { session } from "./session.ts";
import { SignIn } from "./sign-in.tsx";

/** The page. */
export function App(): ReactNode {
  return (
    <SessionProvider session={session}>
      <main>
        <h1>Greeter</h1>
        <Content />
      </main>
    </SessionProvider>
  );
}

function Content(): ReactNode {
  const { status, sessionId } = useSession();
  if (status === "loading") {
    return null;
  }
  if (status === "signed_out") {
    return <SignIn />;
  }
  return (
    // With each session anew: nothing that one user was answered is left for the next.
    <QueryProvider key={sessionId}>
      <Greeter />
    </QueryProvider>
  );
}
