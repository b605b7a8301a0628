import { ONLY_ACTION, type RunAction, type Terminal } from "../command.ts";
import { toJsonText } from "../table.ts";
import { CommandError, SignInNeededError, UsageError } from "../usage-error.ts";
import { plainMessageOf } from "./failures.ts";
import type { LoginRecord } from "./login-record.ts";
import { findPlaces, type LoginPlaces, openLogin, requireLogins } from "./open-login.ts";
import { keepingAlive } from "./open-session.ts";
import { readChoice } from "./print-token.ts";
import { removeSecretOrWarn } from "./session-secret.ts";

const logout: RunAction = ({ argument, line: { values }, terminal }) =>
  keepingAlive(async () => {
    const choice = readChoice(argument, values);
    if (values.all === true && (choice.server ?? choice.user) !== undefined) {
      throw new UsageError("--all ends every login: it goes with neither a URL nor --user");
    }
    const places = findPlaces(terminal.env);
    const [last, ...others] = await requireLogins(places.logins, choice);
    const outcomes: LogoutOutcome[] = [];
    for (const record of values.all === true ? [last, ...others] : [last]) {
      outcomes.push(await end(places, record, terminal.warn));
    }
    printOutcomes(outcomes, terminal, values.json === true);
  });

/** What `countersign logout` does. */
export const logoutActions = { [ONLY_ACTION]: logout };

/** What has become of a login. */
interface LogoutOutcome {
  readonly server: string;
  readonly user: string;
  /** Whether it is still on this machine, because the keychain does not answer or its tokens cannot be read. */
  readonly kept: boolean;
  /** Why it is kept, or the server has not ended the session; undefined when all has ended. */
  readonly failure: string | undefined;
}

/** End a login at its server, then here. One that cannot be opened is kept, and the others end even so. */
async function end(places: LoginPlaces, record: LoginRecord, warn: Terminal["warn"]): Promise<LogoutOutcome> {
  const { logins, keychain } = places;
  const { server, user } = record;
  try {
    const failure = await revoke(places, record);
    await logins.remove(record);
    await removeSecretOrWarn(keychain, logins.secretFileOf(record), warn);
    return { server, user, kept: false, failure };
  } catch (error) {
    if (!(error instanceof CommandError)) {
      throw error;
    }
    return { server, user, kept: true, failure: error.message };
  }
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

/** @throws CommandError when a login is kept, or a server has not ended its session */
function printOutcomes(outcomes: readonly LogoutOutcome[], terminal: Terminal, isJson: boolean): void {
  if (isJson) {
    const facts = outcomes.map(({ server, user, kept, failure }) => ({
      server,
      user,
      revoked: failure === undefined,
      kept,
    }));
    terminal.print(toJsonText(facts));
  } else {
    const gone = outcomes.filter(({ kept }) => !kept);
    gone.map(({ server, user }) => `Signed out at ${server} as ${user}.`).forEach(terminal.print);
  }
  const failures = outcomes.filter(({ failure }) => failure !== undefined).map(toSentence);
  if (failures.length > 0) {
    throw new CommandError(failures.join("; "));
  }
}

function toSentence({ server, user, kept, failure }: LogoutOutcome): string {
  return kept
    ? `${user} is still signed in at ${server}: ${failure}`
    : `the tokens are gone from this machine, but the session goes on until it expires at ${server} (${failure})`;
}
