import { goToProvider } from "./session.ts";

/** Fill an element with what signs the user in. */
export function fillSignIn(place: HTMLElement): void {
  const button = document.createElement("button");
  button.textContent = "Sign in";
  button.addEventListener("click", () => void goToProvider());
  place.replaceChildren(button);
}
