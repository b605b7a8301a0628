import { systemClock } from "../clock.ts";
import { normalizeUsername } from "../credentials/username.ts";
import { endSessions, type SessionEnd } from "../issue/end-sessions.ts";
import { findAccountByUsername } from "../store/accounts.ts";
import type { Store } from "../store/database.ts";
import { listLiveSessions } from "../store/sessions.ts";
import type { Command } from "./command.ts";
import { type CommandLine, readCommandLine } from "./config.ts";
import { openAudit } from "./open-audit.ts";
import { openStore } from "./open-store.ts";
import { formatTable, formatTime } from "./table.ts";
import { CommandError, UsageError } from "./usage-error.ts";

/** `countersign session`: who is signed in. */
export const sessionCommand: Command = {
  name: "session",
  summary: "List sessions, and end them.",
  settings: "store",
  usage: [
    "Usage: countersign session list --user NAME [--json]",
    "       countersign session revoke (SESSION_ID | --user NAME) [--json]",
    "",
    "list      The sessions of a user that can still be refreshed, newest first.",
    "revoke    End one session, or all of a user. Running servers refuse its tokens and end its streams within",
    "          about a second.",
    "",
    "Options:",
    "  --user NAME   The username.",
    "  --json        JSON.",
  ].join("\n"),
  async run(args, terminal) {
    const own = { json: { type: "boolean" }, user: { type: "string" } } as const;
    const line = readCommandLine(args, terminal.env, { own });
    const [action = ""] = line.words;
    const act = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
    if (act === undefined) {
      throw new UsageError(`session knows these actions: ${Object.keys(ACTIONS).join(", ")}`);
    }
    await using store = await openStore(line.config);
    (await act(store, line)).forEach(terminal.print);
  },
};

const ACTIONS: Readonly<Record<string, (store: Store, line: CommandLine) => Promise<readonly string[]>>> = {
  async list(store, { values, words }) {
    if (typeof values.user !== "string" || words.length > 1) {
      throw new UsageError("list needs --user NAME");
    }
    const subject = await findSubject(store, values.user);
    const page = { subject, nowMs: systemClock.nowMs(), limit: 200 };
    const sessions = (await listLiveSessions(store, page)).map((session) => ({
      session: session.sessionId,
      client: session.clientId,
      created: formatTime(session.createdAtMs),
      refreshed: formatTime(session.refreshedAtMs),
      expires: formatTime(Math.min(session.idleExpiresAtMs, session.absoluteExpiresAtMs)),
      scopes: session.scopes.join(" "),
    }));
    return values.json === true
      ? [JSON.stringify(sessions, undefined, 2)]
      : formatTable(
          ["SESSION", "CLIENT", "CREATED", "REFRESHED", "EXPIRES", "SCOPES"],
          sessions.map((session) => Object.values(session)),
        );
  },
  async revoke(store, { config, values, words }) {
    const where = await readTarget(store, { values, words });
    await using audit = openAudit(config, (error) => {
      throw error;
    });
    const ended = await endSessions(
      { store, clock: systemClock, audit, revocations: { learn: () => {} } },
      { where, reason: "revoked_by_operator" },
    );
    if (ended.length === 0 && "sessionId" in where) {
      throw new CommandError("there is no such session that could be ended");
    }
    return [values.json === true ? JSON.stringify({ revoked: ended }) : `${ended.length} ended.`];
  },
};

async function readTarget(
  store: Store,
  { values, words }: Pick<CommandLine, "values" | "words">,
): Promise<SessionEnd["where"]> {
  const [, sessionId, ...more] = words;
  const { user } = values;
  if (more.length > 0 || (typeof user === "string") === (sessionId !== undefined)) {
    throw new UsageError("revoke needs either a session id or --user NAME");
  }
  return sessionId === undefined ? { subject: await findSubject(store, String(user)) } : { sessionId };
}

async function findSubject(store: Store, username: string): Promise<string> {
  const account = await findAccountByUsername(store, normalizeUsername(username));
  if (account === undefined) {
    throw new CommandError("there is no such user");
  }
  return account.subject;
}
