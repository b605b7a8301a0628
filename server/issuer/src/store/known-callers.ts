import type { Store } from "./database.ts";

/** Why a session has ended whose address is that of its owner all the same. */
const SIGNED_OUT = "signed_out";

/** How many sessions of an account are looked at: strangers decide how often. */
const MAX_SESSIONS = 100;

/**
 * Find out whether a session is one of an account, and goes on.
 *
 * @param session its name, the normalized name of the account, and the time in milliseconds since 1970
 */
export async function isSessionOf(
  store: Store,
  { sessionId, username, nowMs }: { sessionId: string; username: string; nowMs: number },
): Promise<boolean> {
  const row = await store.db
    .selectFrom("sessions")
    .innerJoin("accounts", "accounts.subject", "sessions.subject")
    .select("sessions.session_id")
    .where("sessions.session_id", "=", sessionId)
    .where("accounts.username", "=", username)
    .where("sessions.revoked_at", "is", null)
    .where("sessions.idle_expires_at", ">", nowMs)
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * Find out whether one of the newest sessions of an account was last used from an address. Sessions are kept for a day
 * after they could last be refreshed, so an address is known for that long.
 *
 * One that was revoked for another reason than a sign-out, such as theft, says nothing for its address.
 *
 * @param username the normalized name of the account
 */
export async function isAddressOf(store: Store, username: string, address: string): Promise<boolean> {
  const row = await store.db
    .selectFrom((eb) =>
      eb
        .selectFrom("sessions")
        .innerJoin("accounts", "accounts.subject", "sessions.subject")
        .select(["sessions.address", "sessions.revoked_at", "sessions.revoke_reason"])
        .where("accounts.username", "=", username)
        .orderBy("sessions.created_at", "desc")
        .orderBy("sessions.session_id", "desc")
        .limit(MAX_SESSIONS)
        .as("newest"),
    )
    .select("newest.address")
    .where("newest.address", "=", address)
    .where((eb) => eb.or([eb("newest.revoked_at", "is", null), eb("newest.revoke_reason", "=", SIGNED_OUT)]))
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
