import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { Note } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import type { ReactNode } from "react";
import { useState } from "react";
import { formatAgo } from "../model/time.ts";
import { DeleteNote } from "./delete-note.tsx";

/** A longer body is folded until it is asked for. */
const FOLD_AT_LENGTH = 420;
const FOLD_AT_LINES = 7;

/** One note. */
export function NoteCard(props: { readonly note: Note; readonly nowMs: number }): ReactNode {
  const { id, title, body, sequence, createTime } = props.note;
  const [unfolded, setUnfolded] = useState(false);
  const long = body.length > FOLD_AT_LENGTH || body.split("\n", FOLD_AT_LINES + 1).length > FOLD_AT_LINES;
  const written = createTime && timestampDate(createTime);
  return (
    <li className="note">
      <article className="note__row" aria-labelledby={`note-${id}`}>
        <div className="note__margin">
          <span className="note__sequence" title="The place of its last change in the feed">
            #{String(sequence)}
          </span>
          {written && (
            <time dateTime={written.toISOString()}>{formatAgo(written.getTime(), props.nowMs)}</time>
          )}
        </div>
        <h3 className="note__title" id={`note-${id}`}>
          {title}
        </h3>
        <DeleteNote id={id} title={title} />
        {body !== "" && (
          <p className={long && !unfolded ? "note__body note__body--folded" : "note__body"}>{body}</p>
        )}
        {long && (
          <button
            type="button"
            className="link note__fold"
            aria-expanded={unfolded}
            onClick={() => setUnfolded(!unfolded)}
          >
            {unfolded ? "Show less" : "Show all"}
          </button>
        )}
      </article>
    </li>
  );
}
