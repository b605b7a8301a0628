/** Text that takes the place of a range of another one. */
export interface Edit {
  readonly start: number;
  /** The same as `start`: the text is inserted. */
  readonly end: number;
  readonly text: string;
}

/** Apply edits that do not overlap. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  return edits
    .toSorted((a, b) => b.start - a.start)
    .reduce((edited, edit) => edited.slice(0, edit.start) + edit.text + edited.slice(edit.end), text);
}
