import type { ServiceImpl } from "@connectrpc/connect";
import type { TrialService } from "@countersign/gen/countersign/demo/v1/trials_pb.js";
import type { Issuer } from "@countersign/issuer";
import type { NoteDatabase } from "../notes/note-database.ts";
import { countNotes } from "../notes/notes.ts";
import { startForgotten } from "./start-forgotten.ts";

/** What the trials need. */
export interface TrialServiceOptions {
  readonly issuer: Pick<Issuer, "trust">;
  readonly store: NoteDatabase;
}

/** Create what the page lets its visitors try beside their notes. Who may is in the proto, and nowhere here. */
export function createTrialService({ issuer, store }: TrialServiceOptions): ServiceImpl<typeof TrialService> {
  return {
    async countNotes() {
      const { notes, owners } = await countNotes(store);
      return { notes: BigInt(notes), owners: BigInt(owners) };
    },
    startForgotten() {
      const error = startForgotten(issuer);
      return { started: error === undefined, error: error ?? "" };
    },
  };
}
