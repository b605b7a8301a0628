import { createSession } from "@countersign/sdk/browser";
import { SessionProvider, useSession } from "@countersign/sdk/react";
import { createElement, StrictMode } from "react";
import { createRoot } from "react-dom/client";

const session = createSession({ baseUrl: location.origin });
const renders: string[] = [];

function Status() {
  const { status, generation, signOut } = useSession();
  renders.push(status);
  return createElement(
    "button",
    { type: "button", onClick: () => void signOut() },
    `${status} ${generation}`,
  );
}

const root = createRoot(document.body.appendChild(document.createElement("main")));
root.render(
  createElement(StrictMode, undefined, createElement(SessionProvider, { session }, createElement(Status))),
);

Object.assign(globalThis, { tab: { session, renders } });
