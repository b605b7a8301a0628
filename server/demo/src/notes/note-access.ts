import { Code, ConnectError } from "@connectrpc/connect";
import type { Principal } from "@countersign/server";
import { AuthError } from "@countersign/server";
import { assertValid } from "./input.ts";
import type { NoteDatabase } from "./note-database.ts";
import type { StoredNote } from "./note-events.ts";
import { idViolations } from "./note-messages.ts";
import { findNote } from "./notes.ts";

/** Names the owner of what a principal writes. */
export type OwnerOf = (principal: Principal) => string;

/**
 * Create the naming of owners. A subject is unique within its issuer only: another issuer that is trusted here
 * must not name one of ours, and have their notes.
 *
 * @param issuer our own issuer, whose subjects stand for themselves
 */
export function createOwnerOf(issuer: string): OwnerOf {
  return (principal) =>
    principal.issuer === issuer ? principal.subject : `${principal.issuer}#${principal.subject}`;
}

const ADMIN_ROLE = "admin";

/**
 * Find a note that the caller may see: its owner and admins may.
 *
 * @throws ConnectError InvalidArgument when the identifier is not well-formed, NotFound when there is no such note
 * @throws AuthError `POLICY_DENIED` when it belongs to another owner
 */
export async function findAccessibleNote(
  { store, ownerOf }: { readonly store: NoteDatabase; readonly ownerOf: OwnerOf },
  principal: Principal,
  id: string,
): Promise<StoredNote> {
  assertValid(idViolations("id", id));
  const note = await findNote(store, id);
  if (note === undefined) {
    throw noteNotFound();
  }
  if (note.owner !== ownerOf(principal) && !principal.roles.includes(ADMIN_ROLE)) {
    throw notTheOwner();
  }
  return note;
}

/** The error for a note that does not exist. */
export function noteNotFound(): ConnectError {
  return new ConnectError("there is no such note", Code.NotFound);
}

/** The error for a note of another owner. */
export function notTheOwner(): AuthError {
  return new AuthError("POLICY_DENIED", "the note belongs to someone else");
}
