import { join } from "node:path";
import type { DescService } from "@bufbuild/protobuf";
import type { ConnectRouter } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { TrialService } from "@countersign/gen/countersign/demo/v1/trials_pb.js";
import type { Issuer, IssuerStoreLocation } from "@countersign/issuer";
import type { PageHandler } from "@countersign/node";
import { makeDemoAccounts } from "./accounts.ts";
import { createOwnerOf } from "./notes/note-access.ts";
import { latestNoteSequences } from "./notes/note-events.ts";
import { createNoteFeed } from "./notes/note-feed.ts";
import { createNotesService } from "./notes/notes-service.ts";
import { openNoteDatabase } from "./notes/open-notes.ts";
import { createStaticFiles } from "./static-files.ts";
import { createTrialService } from "./trials/trial-service.ts";

/** The services of the demo. Their rules stand in their protos. */
export const DEMO_SERVICES: readonly DescService[] = [NotesService, TrialService];

/** What {@link openDemo} needs. */
export interface DemoOptions {
  /** The issuer that the demo's accounts sign in at. */
  readonly issuer: Pick<Issuer, "accounts" | "clock" | "trust" | "url">;
  /** The store of the issuer. The notes get tables of their own in it. */
  readonly store: IssuerStoreLocation;
}

/** The demo beside its issuer. */
export interface Demo extends AsyncDisposable {
  /** Registers {@link DEMO_SERVICES}. */
  readonly routes: (router: ConnectRouter) => void;
  /** Answers requests for the page and its files. */
  readonly pages: PageHandler;
}

/** Where the build puts the page, seen from the sources and from what is built of them. */
const PAGE_FOLDER = join(import.meta.dirname, "../dist/page");

/**
 * Open the demo: notes, the page that shows them, and the accounts that write them.
 *
 * @throws AuthError `AUTH_UNAVAILABLE` when the database cannot be reached
 * @throws Error when there is no database, or a newer demo has made its tables
 */
export async function openDemo({ issuer, store: location }: DemoOptions): Promise<Demo> {
  await makeDemoAccounts(issuer.accounts);
  const store = await openNoteDatabase(location);
  const feed = createNoteFeed({ latestSequences: (owners) => latestNoteSequences(store, owners) });
  const notes = createNotesService({
    store,
    feed,
    ownerOf: createOwnerOf(issuer.url),
    nowMs: () => issuer.clock.nowMs(),
  });
  const trials = createTrialService({ issuer, store });
  return {
    routes(router) {
      router.service(NotesService, notes);
      router.service(TrialService, trials);
    },
    pages: createStaticFiles(PAGE_FOLDER),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}
