import type { ReactNode } from "react";
import type { Failure } from "../model/failure.ts";

/** Says what went wrong, to eyes and to screen readers, with what can be done about it as children. */
export function FailureNote(props: { readonly failure: Failure; readonly children?: ReactNode }): ReactNode {
  return (
    <div className="failure" role="alert">
      <p className="failure__text">{props.failure.message}</p>
      {props.children}
    </div>
  );
}
