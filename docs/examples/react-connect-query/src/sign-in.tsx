import { isReason } from "@countersign/sdk";
import { useSession } from "@countersign/sdk/react";
import { type ReactNode, useState } from "react";
import { textOf } from "./text-of.ts";

export function SignIn(): ReactNode {
  const { signIn } = useSession();
  const [problem, setProblem] = useState("");

  async function submit(form: FormData): Promise<void> {
    try {
      await signIn({ username: textOf(form, "username"), password: textOf(form, "password") });
    } catch (error) {
      setProblem(isReason(error, "CREDENTIALS_INVALID") ? "Wrong name or password." : String(error));
    }
  }

  return (
    <form action={submit}>
      <label>
        Name <input name="username" autoComplete="username" required />
      </label>
      <label>
        Password <input name="password" type="password" autoComplete="current-password" required />
      </label>
      <button type="submit">Sign in</button>
      <p role="alert">{problem}</p>
    </form>
  );
}
