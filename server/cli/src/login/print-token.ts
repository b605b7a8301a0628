import type { RunAction } from "../command.ts";
import type { CommandLine } from "../config.ts";
import { formatTime, toJsonText } from "../table.ts";
import { plainMessageOf, toTokenError } from "./failures.ts";
import type { LoginChoice } from "./logins.ts";
import { findPlaces, openLogin, requireLogins } from "./open-login.ts";
import { keepingAlive } from "./open-session.ts";

/** How long a token lasts at least that is printed, so that what it is pasted into has the time to use it. */
const MIN_TTL_MS = 60_000;

/** Prints an access token of a login, and refreshes it before when it has less than a minute left. */
export const printToken: RunAction = ({ argument, line: { values }, terminal }) =>
  keepingAlive(async () => {
    const places = findPlaces(terminal.env);
    const [record] = await requireLogins(places.logins, readChoice(argument, values));
    using open = await openLogin(places, record);
    const { session, failure } = open;
    const token = await session.token({ minTtlMs: MIN_TTL_MS }).catch((cause: unknown) => {
      throw toTokenError(cause, record, failure());
    });
    const { degraded, expiresAtMs, scopes } = session.getSnapshot();
    const expires = formatTime(expiresAtMs);
    if (degraded) {
      terminal.warn(`The token ends at ${expires}, and there is no newer one: ${plainMessageOf(failure())}`);
    }
    const { server, user } = record;
    terminal.print(values.json === true ? toJsonText({ token, expires, scopes, server, user }) : token);
  });

/** Read which logins are meant: those at a server, those of a user, or any. */
export function readChoice(argument: string, { user }: CommandLine["values"]): LoginChoice {
  return {
    server: argument === "" ? undefined : argument,
    user: typeof user === "string" ? user : undefined,
  };
}
