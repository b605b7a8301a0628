import type { Principal } from "@countersign/server";

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
