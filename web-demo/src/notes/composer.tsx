import { useMutation } from "@connectrpc/connect-query";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import type { KeyboardEvent, ReactNode, SubmitEvent } from "react";
import { useEffect, useId, useRef, useState } from "react";
import { toFailure } from "../model/failure.ts";
import { useServices } from "../session/services-context.tsx";
import { FailureNote } from "../ui/failure-note.tsx";
import { withNote } from "./note-pages.ts";
import { useChangeNotes } from "./use-notes.ts";

/** What the server accepts, see `CreateNoteRequest`. */
const MAX_TITLE_LENGTH = 200;
const MAX_BODY_LENGTH = 65_536;

/** The form for a new note. Enter in the title and Ctrl+Enter in the text save it, Escape closes it. */
export function Composer(props: { readonly onClose: () => void }): ReactNode {
  const change = useChangeNotes();
  const { timeline } = useServices();
  const id = useId();
  const [title, setTitle] = useState("");
  const [body, setBody] = useState("");
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const { mutate, isPending, error } = useMutation(NotesService.method.createNote, {
    onSuccess: (note) => {
      change((pages) => withNote(pages, note));
      timeline.add({ type: "confirmed", sequence: note.sequence });
      props.onClose();
    },
  });
  const failure = error ? toFailure(error) : undefined;
  const save = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (!isPending && title.trim() !== "") {
      mutate({ title: title.trim(), body });
    }
  };
  const onKeyDown = (event: KeyboardEvent<HTMLFormElement>): void => {
    if (event.key === "Escape") {
      props.onClose();
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.currentTarget.requestSubmit();
    }
  };
  return (
    <form className="composer" aria-label="New note" onSubmit={save} onKeyDown={onKeyDown}>
      <div className="field">
        <label className="label" htmlFor={`${id}-title`}>
          Title
        </label>
        <input
          id={`${id}-title`}
          ref={field}
          className="input input--title"
          required
          maxLength={MAX_TITLE_LENGTH}
          value={title}
          onChange={(event) => setTitle(event.target.value)}
        />
      </div>
      <div className="field">
        <label className="label" htmlFor={`${id}-text`}>
          Text
        </label>
        <textarea
          id={`${id}-text`}
          className="input input--text"
          rows={4}
          maxLength={MAX_BODY_LENGTH}
          value={body}
          onChange={(event) => setBody(event.target.value)}
        />
      </div>
      {failure && (
        <FailureNote failure={failure}>
          {failure.kind === "unreachable" && <p>What you wrote stays here: save it again in a moment.</p>}
        </FailureNote>
      )}
      <div className="composer__foot">
        <span className="quiet composer__keys">
          <kbd>Ctrl</kbd> <kbd>Enter</kbd> saves, <kbd>Esc</kbd> closes
        </span>
        <button type="button" className="button" onClick={props.onClose}>
          Cancel
        </button>
        <button type="submit" className="button button--primary" aria-busy={isPending}>
          {isPending ? "Saving…" : "Save note"}
        </button>
      </div>
    </form>
  );
}
