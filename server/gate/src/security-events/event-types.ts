import { ownMember } from "../authenticate/claim-source.ts";

/**
 * What an event means for tokens. `end_session`: those of the session, or of all sessions of the user that is named.
 * `end_account`: those of the user. `change_claims`: those that were granted before the change say what is not so any more.
 * `verify_stream`, `update_stream`: it is about the stream of events itself. `none`: nothing.
 */
export type EventEffect =
  | "change_claims"
  | "end_account"
  | "end_session"
  | "none"
  | "update_stream"
  | "verify_stream";

const CAEP = "https://schemas.openid.net/secevent/caep/event-type/";
const RISC = "https://schemas.openid.net/secevent/risc/event-type/";
const SSF = "https://schemas.openid.net/secevent/ssf/event-type/";

const EFFECTS: ReadonlyMap<string, EventEffect> = new Map<string, EventEffect>([
  [`${CAEP}session-revoked`, "end_session"],
  [`${CAEP}credential-change`, "end_account"],
  [`${CAEP}token-claims-change`, "change_claims"],
  [`${RISC}account-disabled`, "end_account"],
  [`${RISC}account-purged`, "end_account"],
  [`${RISC}credential-compromise`, "end_account"],
  [`${RISC}sessions-revoked`, "end_account"],
  [`${SSF}verification`, "verify_stream"],
  [`${SSF}stream-updated`, "update_stream"],
]);

/**
 * Find what an event means for tokens.
 *
 * A credential that is added, such as a second factor, ends nothing. One that is replaced or taken away does, and so does a
 * change that is not known.
 *
 * @param type the URI of its type
 * @param event what stands under it
 */
export function effectOf(type: string, event: unknown): EventEffect {
  const isAddition = type === `${CAEP}credential-change` && ownMember(event, "change_type") === "create";
  return isAddition ? "none" : (EFFECTS.get(type) ?? "none");
}

/**
 * Shorten the type of an event to a word for logs and figures.
 *
 * @returns `other` for a type that has no effect: a transmitter decides how many of these there are
 */
export function toEventName(type: string): string {
  return EFFECTS.has(type) ? type.slice(type.lastIndexOf("/") + 1) : "other";
}
