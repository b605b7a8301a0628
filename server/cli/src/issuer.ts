import { readFile } from "node:fs/promises";
import { AuthError } from "@countersign/server";
import { HIGHEST_MAX_TOKEN_BYTES, parseCompactJws, type UnverifiedJws } from "@countersign/server/internal";
import type { Call, RunAction } from "./command.ts";
import { type CommandLine, namesOf } from "./config.ts";
import { checkIssuer } from "./issuer-check/check-issuer.ts";
import { findIssuer, toPlace } from "./issuer-check/find-issuer.ts";
import { judgeSuggestion } from "./issuer-check/judge-suggestion.ts";
import { toPrintableLines } from "./issuer-check/printable.ts";
import { describeFailure, writeJson, writeReport } from "./issuer-check/write-report.ts";
import { createFetchParts, type FetchSettings } from "./issuer-file/key-files.ts";
import { CommandError, UsageError } from "./usage-error.ts";

const check: RunAction = async ({ argument, line: { values }, terminal }) => {
  const jwksUrl = textOf(values["jwks-url"]);
  const jwksUri = jwksUrl && toPlace(jwksUrl, "jwks-url").href;
  const named = findIssuer(argument, textOf(values["metadata-url"]));
  const settings: FetchSettings = {
    bearerTokenFile: textOf(values["bearer-token-file"]),
    caFile: textOf(values.ca),
  };
  const fetching = await createFetchParts(settings);
  const token = await readToken(values.token, terminal);
  const audiences = namesOf(values.audience);
  const jws = token === undefined ? undefined : parseToken(token);
  const report = await checkIssuer({ named, jwksUri, jws, audiences, settings, fetching });
  const verdict =
    token === undefined ? undefined : await judgeSuggestion(token, report.suggestion, audiences);
  const lines = values.json === true ? [writeJson(report, verdict)] : writeReport(report, verdict);
  lines.flatMap(toPrintableLines).forEach(terminal.print);
  const failure = describeFailure(report, verdict);
  if (failure !== undefined) {
    throw new CommandError(failure);
  }
};

/** What `countersign issuer` does. */
export const issuerActions = { check };

async function readToken(
  file: CommandLine["values"][string],
  terminal: Call["terminal"],
): Promise<string | undefined> {
  if (typeof file !== "string") {
    return undefined;
  }
  // Command lines are kept in histories, and seen by other users of the machine.
  if (/^\s*(?:bearer\s+)?eyJ/i.test(file)) {
    throw new UsageError(
      "--token takes the name of a file, or - for standard input, and not the token itself",
    );
  }
  const text = file === "-" ? await terminal.readInput() : await readTokenFile(file);
  return text.trim().replace(/^bearer +/i, "");
}

async function readTokenFile(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new CommandError(`the file of --token, ${path}, cannot be read`, { cause });
  }
}

function parseToken(token: string): UnverifiedJws {
  try {
    return parseCompactJws(token, HIGHEST_MAX_TOKEN_BYTES);
  } catch (error) {
    throw error instanceof AuthError ? new CommandError(`not an access token: ${error.message}`) : error;
  }
}

function textOf(value: CommandLine["values"][string]): string | undefined {
  return typeof value === "string" ? value : undefined;
}
