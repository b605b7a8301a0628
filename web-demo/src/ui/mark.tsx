import type { ReactNode } from "react";

/** The mark of Countersign: a check, and the check that answers it. */
export function Mark(): ReactNode {
  return (
    <svg className="mark" viewBox="0 0 32 32" fill="none" aria-hidden="true">
      <rect className="mark__seal" width="32" height="32" rx="9" />
      <path className="mark__first" d="M6.5 17.5 11 22 21 10" />
      <path className="mark__second" d="M11.5 17.5 16 22 26 10" />
    </svg>
  );
}

/** The mark beside the name. */
export function Wordmark(): ReactNode {
  return (
    <span className="wordmark">
      <Mark />
      <span className="wordmark__name">Countersign</span>
    </span>
  );
}
