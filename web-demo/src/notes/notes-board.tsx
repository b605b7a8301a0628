import type { ReactNode } from "react";
import { useRef, useState } from "react";
import { FailureNote } from "../ui/failure-note.tsx";
import { Composer } from "./composer.tsx";
import { NoteList } from "./note-list.tsx";
import { EmptyNotes, NotesSkeleton } from "./note-placeholders.tsx";
import type { Notes } from "./use-notes.ts";

/** The notes: their list, or what stands in for it, and the form for a new one. */
export function NotesBoard(props: { readonly notes: Notes }): ReactNode {
  const { list, failure, retry } = props.notes;
  const [composing, setComposing] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const close = (): void => {
    setComposing(false);
    opener.current?.focus();
  };
  return (
    <section aria-labelledby="notes-title">
      <div className="board__head">
        <h2 className="board__title" id="notes-title">
          Notes
        </h2>
        <button
          ref={opener}
          type="button"
          className={list?.length === 0 ? "button" : "button button--primary"}
          aria-expanded={composing}
          onClick={() => setComposing((open) => !open)}
        >
          New note
        </button>
      </div>
      {composing && <Composer onClose={close} />}
      {failure && (
        <FailureNote failure={failure}>
          <button type="button" className="button" onClick={retry}>
            Try again
          </button>
        </FailureNote>
      )}
      {list === undefined && !failure && <NotesSkeleton />}
      {list?.length === 0 && !composing && <EmptyNotes onCompose={() => setComposing(true)} />}
      {list !== undefined && list.length > 0 && <NoteList notes={props.notes} list={list} />}
    </section>
  );
}
