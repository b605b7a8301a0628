import { type Client, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { createOwnerOf } from "../../../server/demo/src/notes/note-access.ts";
import type { NoteDatabase } from "../../../server/demo/src/notes/note-database.ts";
import { latestNoteSequences } from "../../../server/demo/src/notes/note-events.ts";
import { createNoteFeed } from "../../../server/demo/src/notes/note-feed.ts";
import { createNotesService } from "../../../server/demo/src/notes/notes-service.ts";
import type { Principal } from "../../../server/gate/src/authenticate/principal.ts";
import { serve } from "../../node/serving.ts";
import { believe } from "../../support/known-caller.ts";

const ISSUER = "https://issuer.example";

/** A server of notes over a store. */
export interface NotesServing extends AsyncDisposable {
  /** A client that is let in as this subject, of our own issuer unless another is named. */
  as(subject: string, roles?: readonly string[], issuer?: string): Client<typeof NotesService>;
  /** Errors that were not the caller's. */
  readonly errors: readonly unknown[];
  /** Ends every open call. */
  readonly shutdown: AbortController;
}

/** What one test wants otherwise. */
export interface NotesServingOptions {
  readonly nowMs?: () => number;
  /** Milliseconds. Default: so long that only announcements wake. */
  readonly pollIntervalMs?: number;
}

/** A clock that goes on by a second with every look, so that notes have an order. */
function createTickingClock(startMs = 1_800_000_000_000): () => number {
  let nowMs = startMs;
  return () => {
    nowMs += 1_000;
    return nowMs;
  };
}

/** Serve notes to whoever says who they are: their header is believed. */
export async function serveNotes(
  store: NoteDatabase,
  { nowMs = createTickingClock(), pollIntervalMs = 3_600_000 }: NotesServingOptions = {},
): Promise<NotesServing> {
  const latestSequences = (owners: readonly string[]) => latestNoteSequences(store, owners);
  const feed = createNoteFeed({ latestSequences, pollIntervalMs });
  const notes = createNotesService({ store, feed, nowMs, ownerOf: createOwnerOf(ISSUER) });
  const errors: unknown[] = [];
  const shutdown = new AbortController();
  const serving = await serve({
    routes: (router) => void router.service(NotesService, notes),
    interceptors: [believe(readCaller, (error) => errors.push(error))],
    shutdownSignal: shutdown.signal,
  });
  const transportOptions = { baseUrl: serving.origin };
  return {
    errors,
    shutdown,
    as: (subject, roles = [], issuer = ISSUER) =>
      createClient(
        NotesService,
        createGrpcTransport({
          ...transportOptions,
          interceptors: [
            (next) => (req) => {
              req.header.set("x-subject", subject);
              req.header.set("x-issuer", issuer);
              if (roles.length > 0) {
                req.header.set("x-roles", roles.join(","));
              }
              return next(req);
            },
          ],
        }),
      ),
    [Symbol.asyncDispose]: () => serving[Symbol.asyncDispose](),
  };
}

function readCaller(header: Headers): Principal {
  const roles = header.get("x-roles")?.split(",") ?? [];
  const principal = toPrincipal(header.get("x-subject") ?? "", roles);
  return { ...principal, issuer: header.get("x-issuer") ?? ISSUER };
}

function toPrincipal(subject: string, roles: readonly string[]): Principal {
  return {
    subject,
    roles,
    issuer: ISSUER,
    clientId: "test",
    sessionId: undefined,
    tokenId: undefined,
    scopes: ["notes:read", "notes:write"],
    audience: ["test"],
    authTimeSeconds: undefined,
    acr: undefined,
    amr: [],
    actor: undefined,
    expiresAtSeconds: 4_000_000_000,
    issuedAtSeconds: 1_800_000_000,
    keyId: undefined,
    binding: undefined,
    claims: {},
  };
}
