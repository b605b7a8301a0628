import { describeError } from "./describe-error.ts";
import { readCredential } from "./read-credential.ts";
import { session } from "./session.ts";

const FORM = `
  <form>
    <p><label>User name <input name="username" autocomplete="username" required /></label></p>
    <p><label>Password <input name="password" type="password" autocomplete="current-password" required /></label></p>
    <p><button>Sign in</button> <span role="alert"></span></p>
  </form>`;

/** Fill an element with what signs the user in. */
export function fillSignIn(place: HTMLElement): void {
  place.innerHTML = FORM;
  const form = place.querySelector("form");
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    void signIn(form);
  });
}

async function signIn(form: HTMLFormElement): Promise<void> {
  let complaint = "";
  try {
    await session.signIn(readCredential(form));
    form.reset();
  } catch (error) {
    complaint = describeError(error);
  }
  form.querySelector("[role=alert]")?.replaceChildren(complaint);
}
