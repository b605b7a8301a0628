import { createClient } from "@connectrpc/connect";
import { GreetService } from "../../gen/greet/v1/greet_pb.js";
import { describeError } from "./describe-error.ts";
import { find } from "./find.ts";
import { session } from "./session.ts";
import { fillSignIn } from "./sign-in.ts";
import { transport } from "./transport.ts";

const greeter = createClient(GreetService, transport);

/** Show what a call answers, or why it failed. */
async function show(place: HTMLElement, call: Promise<string>): Promise<void> {
  place.textContent = await call.catch(describeError);
}

async function greet(): Promise<string> {
  return (await greeter.greet({ greeting: "Hello" })).text;
}

async function announce(): Promise<string> {
  await greeter.announce({ text: "Lunch" });
  return "Announced.";
}

let shown: string | undefined;

/** Show what a user may see who is signed in, or who is not. The session notifies of refreshes, too. */
function render(): void {
  const { status, sessionId } = session.getSnapshot();
  find("#signed-out").hidden = status !== "signed_out";
  find("#signed-in").hidden = status !== "signed_in";
  const toShow = status === "signed_in" ? sessionId : undefined;
  if (shown === toShow) {
    return;
  }
  shown = toShow;
  find("#greeting").textContent = "";
  find("#outcome").textContent = "";
  if (status === "signed_in") {
    void show(find("#greeting"), greet());
  }
}

fillSignIn(find("#signed-out"));
find("#announce").addEventListener("click", () => void show(find("#outcome"), announce()));
find("#sign-out").addEventListener("click", () => void session.signOut());
session.subscribe(render);
render();
