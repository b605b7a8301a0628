import { useSession } from "@countersign/sdk/react";
import type { ReactNode } from "react";
import { SignIn } from "./sign-in.tsx";
import { Todos } from "./todos.tsx";

export function App(): ReactNode {
  const { status, signOut } = useSession();
  if (status === "loading") {
    return null;
  }
  if (status === "signed_out") {
    return <SignIn />;
  }
  return (
    <>
      <Todos />
      <button type="button" onClick={() => void signOut()}>
        Sign out
      </button>
    </>
  );
}
