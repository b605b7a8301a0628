import { type IssuerAdmin, listLiveSessions } from "@countersign/issuer/internal";
import type { Command } from "./command.ts";
import { type CommandLine, readCommandLine } from "./config.ts";
import { openCommandBackend } from "./open-command-backend.ts";
import { OWNER_OPTIONS, readOwner, readOwnerSubject } from "./session-owner.ts";
import { formatList, formatTime } from "./table.ts";
import { CommandError, UsageError } from "./usage-error.ts";

/** How many sessions of one subject are listed at the most. */
const MAX_LISTED = 200;

/** `countersign session`: who is signed in. */
export const sessionCommand: Command = {
  name: "session",
  summary: "List sessions, and end them.",
  settings: "store",
  usage: [
    "Usage: countersign session list OWNER [--json]",
    "       countersign session revoke (SESSION_ID | OWNER) [--json]",
    "",
    "list      The sessions of a subject that can still be refreshed, newest first, with what each client said of its",
    "          device, the address that it last signed in or refreshed from, and when that was (refreshed).",
    "revoke    End one session, or all of their owner. Running servers refuse its tokens and end its streams",
    "          within about a second.",
    "",
    "OWNER is one of:",
    "  --user NAME              An account, by its username.",
    "  --subject SUBJECT        Whoever has this subject, as claim sub and the audit trail have it.",
    "  --external-issuer URL --external-subject NAME",
    "                           Whom another issuer knows, by its names.",
    "  --external-issuer URL    All whom another issuer knows; to revoke only.",
    "  --client ID              A client, with the sessions that it has for others; to revoke only.",
    "",
    "Options:",
    "  --json   JSON.",
  ].join("\n"),
  async run(args, terminal) {
    const own = { ...OWNER_OPTIONS, json: { type: "boolean" } } as const;
    const line = readCommandLine(args, terminal.env, { own });
    const [action = ""] = line.words;
    const act = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
    if (act === undefined) {
      throw new UsageError(`session knows these actions: ${Object.keys(ACTIONS).join(", ")}`);
    }
    await using backend = await openCommandBackend(line.config);
    (await act(backend, line)).forEach(terminal.print);
  },
};

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
] as const;

/** How many characters of a device fit into a table: headers of browsers have hundreds. */
const MAX_DEVICE_CHARS = 40;

function shorten(device: string | undefined): string | undefined {
  return device === undefined || device.length <= MAX_DEVICE_CHARS
    ? device
    : `${device.slice(0, MAX_DEVICE_CHARS - 1)}…`;
}

type Act = (backend: IssuerAdmin, line: CommandLine) => Promise<readonly string[]>;

const ACTIONS: Readonly<Record<string, Act>> = {
  async list({ store, clock }, { values, words }) {
    if (words.length > 1) {
      throw new UsageError("list takes no words");
    }
    const subject = await readOwnerSubject(store, values);
    const page = { subject, nowMs: clock.nowMs(), limit: MAX_LISTED };
    const sessions = (await listLiveSessions(store, page)).map((session) => ({
      session: session.sessionId,
      client: session.clientId,
      issuer: session.external?.issuer,
      device: values.json === true ? session.device : shorten(session.device),
      address: session.address,
      created: formatTime(session.createdAtMs),
      refreshed: formatTime(session.refreshedAtMs),
      expires: formatTime(Math.min(session.idleExpiresAtMs, session.absoluteExpiresAtMs)),
      scopes: session.scopes,
    }));
    return formatList(COLUMNS, sessions, { json: values.json === true });
  },
  async revoke(backend, { values, words }) {
    const [, sessionId, ...more] = words;
    const owner = await readOwner(backend.store, values);
    if (more.length > 0 || (owner === undefined) === (sessionId === undefined)) {
      throw new UsageError("revoke needs either a session id or an owner, such as --user NAME");
    }
    const where = owner ?? { sessionId: sessionId ?? "" };
    const ended = await backend.endSessions({ where, reason: "revoked_by_operator" });
    if (ended.length === 0 && owner === undefined) {
      throw new CommandError("there is no such session that could be ended");
    }
    return [values.json === true ? JSON.stringify({ revoked: ended }) : `${ended.length} ended.`];
  },
};
