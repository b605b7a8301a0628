import { useMutation } from "@connectrpc/connect-query";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import type { KeyboardEvent, ReactNode } from "react";
import { useRef, useState } from "react";
import { toFailure } from "../model/failure.ts";
import { FailureNote } from "../ui/failure-note.tsx";
import { withoutNote } from "./note-pages.ts";
import { useChangeNotes } from "./use-notes.ts";

/** Deletes a note after a second click in the same place; Escape takes the first one back. */
export function DeleteNote(props: { readonly id: string; readonly title: string }): ReactNode {
  const { id, title } = props;
  const change = useChangeNotes();
  const [asking, setAsking] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const remove = (): void => {
    change((pages) => withoutNote(pages, id));
    // The focus would fall back to the top of the page together with the button that had it.
    document.querySelector<HTMLElement>("#notes")?.focus({ preventScroll: true });
  };
  const { mutate, isPending, error } = useMutation(NotesService.method.deleteNote, {
    onSuccess: () => remove(),
    onError: (err) => {
      if (toFailure(err).kind === "not_found") {
        remove();
      }
    },
  });
  const keep = (): void => {
    setAsking(false);
    requestAnimationFrame(() => opener.current?.focus());
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Escape") {
      keep();
    }
  };
  if (!asking) {
    return (
      <button
        ref={opener}
        type="button"
        className="link link--quiet note__delete"
        aria-label={`Delete note: ${title}`}
        onClick={() => setAsking(true)}
      >
        Delete
      </button>
    );
  }
  return (
    <fieldset className="note__confirm" aria-label={`Delete “${title}”?`} onKeyDown={onKeyDown}>
      {error && <FailureNote failure={toFailure(error)} />}
      <button type="button" className="link link--quiet" onClick={keep}>
        Keep
      </button>
      <button
        type="button"
        className="button button--danger button--small"
        ref={focusOnArrival}
        aria-busy={isPending}
        onClick={() => mutate({ id })}
      >
        {isPending ? "Deleting…" : "Delete for good"}
      </button>
    </fieldset>
  );
}

/** The question appears where the focus was: answering it needs no second way there. */
function focusOnArrival(button: HTMLButtonElement | null): void {
  button?.focus();
}
