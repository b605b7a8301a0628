import type { NoteEvent } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import type { ReactNode } from "react";
import { DevicesPanel } from "../devices/devices-panel.tsx";
import { FeedPanel } from "../feed/feed-panel.tsx";
import { useNoteFeed } from "../feed/use-note-feed.ts";
import { NotesBoard } from "../notes/notes-board.tsx";
import { useNotes } from "../notes/use-notes.ts";
import { useTokenLife } from "../session/use-token-life.ts";
import { useTicks } from "../ticks/use-ticks.ts";
import { TrialsPanel } from "../trials/trials-panel.tsx";
import { ActivityPanel } from "./activity-panel.tsx";
import { DegradedBanner } from "./degraded-banner.tsx";
import { Hero } from "./hero.tsx";
import { IdentityPanel } from "./identity-panel.tsx";
import { TopBar } from "./top-bar.tsx";

/** The page of someone who is signed in. */
export function Workspace(): ReactNode {
  const notes = useNotes();
  const life = useTokenLife();
  const ticks = useTicks(notes.ticks);
  const onEvent = (event: NoteEvent): void => {
    notes.applyEvent(event);
    ticks.noticeEvent(event);
  };
  const feed = useNoteFeed({ startAfter: notes.lastSequence, run: life.run, onEvent });
  return (
    <div className="workspace">
      <a className="skip" href="#notes">
        Skip to notes
      </a>
      <TopBar />
      <main>
        <Hero status={feed.status} life={life} ticks={ticks} />
        <TrialsPanel />
        <div className="workspace__grid">
          <div className="workspace__notes" id="notes" tabIndex={-1}>
            <NotesBoard notes={notes} />
          </div>
          <aside className="workspace__aside" aria-label="Session">
            <FeedPanel feed={feed} />
            <DevicesPanel />
            <ActivityPanel />
            <IdentityPanel />
          </aside>
        </div>
      </main>
      <DegradedBanner />
    </div>
  );
}
