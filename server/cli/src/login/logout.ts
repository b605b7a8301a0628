import { ONLY_ACTION, type RunAction, type Terminal } from "../command.ts";
import { toJsonText } from "../table.ts";
import { CommandError, SignInNeededError, UsageError } from "../usage-error.ts";
import { plainMessageOf } from "./failures.ts";
import type { LoginRecord } from "./login-record.ts";
import { findPlaces, type LoginPlaces, openLogin, requireLogins } from "./open-login.ts";
import { keepingAlive } from "./open-session.ts";
import { readChoice } from "./print-token.ts";
import { removeSecret } from "./session-secret.ts";

const logout: RunAction = ({ argument, line: { values }, terminal }) =>
  keepingAlive(async () => {
    const choice = readChoice(argument, values);
    if (values.all === true && (choice.server ?? choice.user) !== undefined) {
      throw new UsageError("--all ends every login: it goes with neither a URL nor --user");
    }
    const places = findPlaces(terminal.env);
    const [last, ...others] = await requireLogins(places.logins, choice);
    const ended: EndedLogin[] = [];
    for (const record of values.all === true ? [last, ...others] : [last]) {
      ended.push(await end(places, record));
    }
    printEnded(ended, terminal, values.json === true);
  });

/** What `countersign logout` does. */
export const logoutActions = { [ONLY_ACTION]: logout };

interface EndedLogin {
  readonly server: string;
  readonly user: string;
  /** Why the server has not ended the session; undefined when it has. */
  readonly failure: string | undefined;
}

/** End a login at its server, then here. @throws CommandError when the keychain does not answer */
async function end(places: LoginPlaces, record: LoginRecord): Promise<EndedLogin> {
  const { logins, keychain } = places;
  const failure = await revoke(places, record);
  await logins.remove(record);
  await removeSecret(keychain, logins.secretFileOf(record));
  const { server, user } = record;
  return { server, user, failure };
}

async function revoke(places: LoginPlaces, record: LoginRecord): Promise<string | undefined> {
  try {
    using open = await openLogin(places, record);
    const { error } = await open.session.signOut();
    return error && plainMessageOf(error);
  } catch (error) {
    // The key of the tokens is lost: there is nothing to end the session with.
    if (error instanceof SignInNeededError) {
      return error.message;
    }
    throw error;
  }
}

/** @throws CommandError when a server has not ended its session */
function printEnded(ended: readonly EndedLogin[], terminal: Terminal, isJson: boolean): void {
  if (isJson) {
    const facts = ended.map(({ server, user, failure }) => ({
      server,
      user,
      revoked: failure === undefined,
    }));
    terminal.print(toJsonText(facts));
  } else {
    ended.map(({ server, user }) => `Signed out at ${server} as ${user}.`).forEach(terminal.print);
  }
  const kept = ended.filter(({ failure }) => failure !== undefined);
  if (kept.length > 0) {
    const servers = kept.map(({ server, failure }) => `${server} (${failure})`).join(", ");
    throw new CommandError(
      `the tokens are gone from this machine, but the session goes on until it expires at ${servers}`,
    );
  }
}
