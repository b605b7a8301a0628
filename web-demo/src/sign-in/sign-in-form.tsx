import type { ReactNode, SubmitEvent } from "react";
import { useId, useRef, useState } from "react";
import type { FailureKind } from "../model/failure.ts";
import { FailureNote } from "../ui/failure-note.tsx";
import { useNow } from "../ui/use-now.ts";
import type { Credentials } from "./demo-accounts.tsx";
import { DemoAccounts } from "./demo-accounts.tsx";
import { useSignIn } from "./use-sign-in.ts";

const EMPTY: Credentials = { username: "", password: "" };

/** The sign-in form, with the demo accounts below it. */
export function SignInForm(): ReactNode {
  const id = useId();
  const [credentials, setCredentials] = useState(EMPTY);
  const { pending, failure, blockedUntilMs, submit, reset } = useSignIn();
  const button = useRef<HTMLButtonElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const waitSeconds = Math.max(0, Math.ceil((blockedUntilMs - useNow(500)) / 1000));

  const change = (next: Credentials): void => {
    setCredentials(next);
    reset();
  };
  const onSubmit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (pending || waitSeconds > 0) {
      return;
    }
    void submit(credentials).then((failed) => {
      if (failed?.kind === "credentials") {
        password.current?.select();
      }
    });
  };
  const pick = (picked: Credentials): void => {
    change(picked);
    button.current?.focus();
  };

  return (
    <>
      <form className="form" aria-label="Sign in" onSubmit={onSubmit}>
        <div className="field">
          <label className="label" htmlFor={`${id}-username`}>
            Username
          </label>
          <input
            id={`${id}-username`}
            className="input"
            name="username"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
            value={credentials.username}
            onChange={(event) => change({ ...credentials, username: event.target.value })}
          />
        </div>
        <div className="field">
          <label className="label" htmlFor={`${id}-password`}>
            Password
          </label>
          <input
            id={`${id}-password`}
            ref={password}
            className="input"
            name="password"
            type="password"
            autoComplete="current-password"
            required
            aria-invalid={failure?.kind === "credentials"}
            value={credentials.password}
            onChange={(event) => change({ ...credentials, password: event.target.value })}
          />
        </div>
        {failure && (
          <FailureNote failure={failure}>
            <SignInHint kind={failure.kind} />
          </FailureNote>
        )}
        <button
          ref={button}
          className="button button--primary"
          type="submit"
          disabled={waitSeconds > 0}
          aria-busy={pending}
        >
          {buttonText(pending, waitSeconds)}
        </button>
      </form>
      <DemoAccounts onPick={pick} />
    </>
  );
}

function SignInHint(props: { readonly kind: FailureKind }): ReactNode {
  if (props.kind === "unreachable") {
    return <p>Is it running at {window.location.host}? Start it, then try again.</p>;
  }
  if (props.kind === "rate_limited") {
    return <p>The form opens again when the time on the button has run out.</p>;
  }
  return undefined;
}

function buttonText(pending: boolean, waitSeconds: number): string {
  if (waitSeconds > 0) {
    return `Try again in ${waitSeconds} s`;
  }
  return pending ? "Signing in…" : "Sign in";
}
