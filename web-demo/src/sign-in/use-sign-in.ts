import { useState } from "react";
import type { Failure } from "../model/failure.ts";
import { toFailure } from "../model/failure.ts";
import { useServices } from "../session/services-context.tsx";
import type { Credentials } from "./demo-accounts.tsx";

/** Signing in as the form sees it. */
export interface SignIn {
  readonly pending: boolean;
  readonly failure: Failure | undefined;
  /** When the server will listen again, in milliseconds since 1970; 0 when it does now. */
  readonly blockedUntilMs: number;
  /** Try to sign in. @returns why it failed; undefined when it worked. Never rejects */
  readonly submit: (credentials: Credentials) => Promise<Failure | undefined>;
  /** Forget the failure, as when the input changes. */
  readonly reset: () => void;
}

/** Sign in with a username and a password, one try at a time. */
export function useSignIn(): SignIn {
  const { session } = useServices();
  const [pending, setPending] = useState(false);
  const [failure, setFailure] = useState<Failure>();
  const [blockedUntilMs, setBlockedUntilMs] = useState(0);

  const submit = async (credentials: Credentials): Promise<Failure | undefined> => {
    setPending(true);
    setFailure(undefined);
    try {
      await session.signIn(credentials);
      return undefined;
    } catch (err) {
      const failed = toFailure(err);
      setFailure(failed);
      if (failed.kind === "rate_limited") {
        setBlockedUntilMs(Date.now() + failed.retryAfterMs);
      }
      return failed;
    } finally {
      setPending(false);
    }
  };
  return { pending, failure, blockedUntilMs, submit, reset: () => setFailure(undefined) };
}
