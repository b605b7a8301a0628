import type { ReactNode } from "react";
import { goToProvider } from "./session.ts";

/** What signs the user in. */
export function SignIn(): ReactNode {
  return (
    <button type="button" onClick={() => void goToProvider()}>
      Sign in
    </button>
  );
}
