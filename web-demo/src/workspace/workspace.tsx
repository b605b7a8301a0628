import type { ReactNode } from "react";
import { FeedPanel } from "../feed/feed-panel.tsx";
import { useNoteFeed } from "../feed/use-note-feed.ts";
import { NotesBoard } from "../notes/notes-board.tsx";
import { useNotes } from "../notes/use-notes.ts";
import { useArrivalFocus } from "../ui/use-arrival-focus.ts";
import { ActivityPanel } from "./activity-panel.tsx";
import { DegradedBanner } from "./degraded-banner.tsx";
import { IdentityPanel } from "./identity-panel.tsx";
import { TokenPanel } from "./token-panel.tsx";
import { TopBar } from "./top-bar.tsx";

/** The page of someone who is signed in. */
export function Workspace(): ReactNode {
  const notes = useNotes();
  const feed = useNoteFeed(notes.lastSequence, notes.applyEvent);
  return (
    <div className="workspace">
      <a className="skip" href="#notes">
        Skip to notes
      </a>
      <TopBar />
      <DegradedBanner />
      <div className="workspace__grid">
        <main ref={useArrivalFocus()} className="workspace__main" id="notes" tabIndex={-1}>
          <NotesBoard notes={notes} />
        </main>
        <aside className="workspace__aside" aria-label="Session">
          <TokenPanel />
          <ActivityPanel />
          <FeedPanel feed={feed} />
          <IdentityPanel />
        </aside>
      </div>
    </div>
  );
}
