import { AuthError } from "@countersign/server";
import { parseCompactJws } from "@countersign/server/internal";
import type { Command } from "./command.ts";
import { readCommandLine } from "./config.ts";
import { CommandError, UsageError } from "./usage-error.ts";

/** `countersign token`: look into an access token. */
export const tokenCommand: Command = {
  name: "token",
  summary: "Look into an access token.",
  usage: [
    "Usage: countersign token inspect [--json] < token",
    "",
    "Prints the header and the claims of a token from standard input. The signature is NOT verified.",
    "",
    "Options:",
    "  --json   One JSON object.",
  ].join("\n"),
  async run(args, terminal) {
    const { values, words } = readCommandLine(args, terminal.env, { own: { json: { type: "boolean" } } });
    if (words.length !== 1 || words[0] !== "inspect") {
      throw new UsageError("token knows one action: inspect");
    }
    const { header, payload } = parseToken((await terminal.readInput()).trim());
    if (values.json === true) {
      terminal.print(JSON.stringify({ header, claims: payload, verified: false }));
      return;
    }
    terminal.print("Header");
    printMembers(header, terminal.print);
    terminal.print("Claims (not verified)");
    printMembers(payload, terminal.print);
  },
};

function parseToken(text: string): ReturnType<typeof parseCompactJws> {
  try {
    return parseCompactJws(text.replace(/^bearer +/i, ""));
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
