import { AuthError } from "@countersign/server";
import { HIGHEST_MAX_TOKEN_BYTES, parseCompactJws } from "@countersign/server/internal";
import type { RunAction } from "./command.ts";
import { createLogins, loginFolderOf } from "./login/logins.ts";
import { printToken } from "./login/print-token.ts";
import { formatList, formatTime, toJsonText } from "./table.ts";
import { CommandError } from "./usage-error.ts";

const inspect: RunAction = async ({ line, terminal }) => {
  const { header, payload } = parseToken((await terminal.readInput()).trim());
  if (line.values.json === true) {
    terminal.print(JSON.stringify({ header, claims: payload, verified: false }));
    return;
  }
  terminal.print("Header");
  printMembers(header, terminal.print);
  terminal.print("Claims (not verified)");
  printMembers(payload, terminal.print);
};

const list: RunAction = async ({ line, terminal }) => {
  const records = await createLogins(loginFolderOf(terminal.env)).find({});
  const rows = records.map(({ server, user, provider, signedInAtMs }) => {
    const since = formatTime(signedInAtMs);
    return { server, user, client: provider?.clientId, since };
  });
  const lines = line.values.json === true ? [toJsonText(rows)] : formatList(COLUMNS, rows);
  lines.forEach(terminal.print);
};

const COLUMNS = ["server", "user", "client", "since"] as const;

/** What `countersign token` does. */
export const tokenActions = { print: printToken, list, inspect };

function parseToken(text: string): ReturnType<typeof parseCompactJws> {
  try {
    return parseCompactJws(text.replace(/^bearer +/i, ""), HIGHEST_MAX_TOKEN_BYTES);
  } catch (error) {
    throw error instanceof AuthError ? new CommandError(`not an access token: ${error.message}`) : error;
  }
}

/** Claims that are times, and so are shown as such too. */
const TIMES: ReadonlySet<string> = new Set(["exp", "iat", "nbf", "auth_time"]);

function printMembers(members: Readonly<Record<string, unknown>>, print: (line: string) => void): void {
  for (const [name, value] of Object.entries(members)) {
    const isTime = TIMES.has(name) && typeof value === "number" && Math.abs(value) < 8.64e12;
    print(
      `  ${name.padEnd(10)} ${JSON.stringify(value)}${isTime ? `  ${new Date(value * 1000).toISOString()}` : ""}`,
    );
  }
}
