import { listLiveSessions } from "@countersign/issuer/internal";
import { toAnswer } from "./answer.ts";
import { onStore } from "./on-store.ts";
import { readOwner, readOwnerSubject } from "./session-owner.ts";
import { formatList, formatTime } from "./table.ts";
import { CommandError, UsageError } from "./usage-error.ts";

/** How many sessions of one subject are listed at the most. */
const MAX_LISTED = 200;

const COLUMNS = [
  "session",
  "client",
  "issuer",
  "device",
  "address",
  "created",
  "refreshed",
  "expires",
  "scopes",
  "actor",
] as const;

/** How many characters of a device fit into a table: headers of browsers have hundreds. */
const MAX_DEVICE_CHARS = 40;

function shorten(device: string | undefined): string | undefined {
  return device === undefined || device.length <= MAX_DEVICE_CHARS
    ? device
    : `${device.slice(0, MAX_DEVICE_CHARS - 1)}…`;
}

/** What `countersign session` does. */
export const sessionActions = {
  list: onStore(async ({ backend: { store, clock }, line: { values } }) => {
    const subject = await readOwnerSubject(store, values);
    const page = { subject, nowMs: clock.nowMs(), limit: MAX_LISTED };
    const rows = (await listLiveSessions(store, page)).map((session) => ({
      session: session.sessionId,
      client: session.clientId,
      issuer: session.external?.issuer,
      device: session.device,
      address: session.address,
      created: formatTime(session.createdAtMs),
      refreshed: formatTime(session.refreshedAtMs),
      expires: formatTime(Math.min(session.idleExpiresAtMs, session.absoluteExpiresAtMs)),
      scopes: session.scopes,
      actor: session.actor?.sub,
    }));
    const short = rows.map((row) => ({ ...row, device: shorten(row.device) }));
    return { kind: "list", text: formatList(COLUMNS, short), rows };
  }),
  revoke: onStore(async ({ backend, argument: sessionId, line: { values } }) => {
    const owner = await readOwner(backend.store, values);
    if ((owner === undefined) === (sessionId === "")) {
      throw new UsageError("give either a session id or an owner, such as --user NAME");
    }
    const where = owner ?? { sessionId };
    const ended = await backend.endSessions({ where, reason: "revoked_by_operator" });
    if (ended.length === 0 && owner === undefined) {
      throw new CommandError("there is no such session that could be ended");
    }
    return toAnswer([`${ended.length} ended.`], { revoked: ended });
  }),
};
