import type { ReactNode } from "react";
import { Rosette } from "../ui/rosette.tsx";

const SKELETON_KEYS = ["first", "second", "third"] as const;

/** Stands where the notes will be while they load. */
export function NotesSkeleton(): ReactNode {
  return (
    <div className="notes" role="status" aria-label="Loading notes">
      {SKELETON_KEYS.map((key) => (
        <div key={key} className="note note--skeleton" aria-hidden="true">
          <span className="bone bone--title" />
          <span className="bone" />
          <span className="bone bone--short" />
        </div>
      ))}
    </div>
  );
}

/** Stands where the notes will be when there are none. */
export function EmptyNotes(props: { readonly onCompose: () => void }): ReactNode {
  return (
    <div className="empty">
      <Rosette className="empty__rosette" />
      <h3 className="empty__title">No notes yet</h3>
      <p className="empty__text">
        Write one, then watch it arrive in the live feed. Leave the page open: the access token runs out and
        is replaced, and the feed does not notice.
      </p>
      <button type="button" className="button button--primary" onClick={props.onCompose}>
        Write the first note
      </button>
    </div>
  );
}
