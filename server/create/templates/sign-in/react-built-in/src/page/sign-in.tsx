import { useSession } from "@countersign/sdk/react";
import { type FormEvent, type ReactNode, useState } from "react";
import { describeError } from "./describe-error.ts";
import { readCredential } from "./read-credential.ts";

/** What signs the user in. */
export function SignIn(): ReactNode {
  const { signIn } = useSession();
  const [complaint, setComplaint] = useState("");

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    try {
      await signIn(readCredential(event.currentTarget));
    } catch (error) {
      setComplaint(describeError(error));
    }
  }

  return (
    <form onSubmit={(event) => void submit(event)}>
      <p>
        <label>
          User name <input name="username" autoComplete="username" required />
        </label>
      </p>
      <p>
        <label>
          Password <input name="password" type="password" autoComplete="current-password" required />
        </label>
      </p>
      <p>
        <button type="submit">Sign in</button> <span role="alert">{complaint}</span>
      </p>
    </form>
  );
}
