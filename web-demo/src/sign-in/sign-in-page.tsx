import type { ReactNode } from "react";
import { useActivity } from "../session/use-activity.ts";
import { Wordmark } from "../ui/mark.tsx";
import { Rosette } from "../ui/rosette.tsx";
import { useArrivalFocus } from "../ui/use-arrival-focus.ts";
import { SignInForm } from "./sign-in-form.tsx";
import { StreamDrawing } from "./stream-drawing.tsx";

/** The first page: what Countersign is, and the way in. */
export function SignInPage(): ReactNode {
  const goodbye = useActivity().find((entry) => entry.kind === "signed_out");
  return (
    <div className="door">
      <a className="skip" href="#sign-in">
        Skip to sign in
      </a>
      <header className="pitch">
        <Rosette className="pitch__rosette" />
        <Wordmark />
        <div className="pitch__words">
          <h1 className="pitch__title">Tokens expire. Calls don’t.</h1>
          <p className="pitch__line">JWT authentication for gRPC that does not shut you out mid-call.</p>
        </div>
        <StreamDrawing />
      </header>
      <main ref={useArrivalFocus()} className="entry" id="sign-in" tabIndex={-1}>
        <div className="entry__inner">
          <h2 className="entry__title">Sign in to the demo</h2>
          {goodbye && (
            <p className="goodbye" role="status">
              {goodbye.text}
            </p>
          )}
          <SignInForm />
        </div>
      </main>
    </div>
  );
}
