import type { Environment } from "../config.ts";
import { CommandError, SignInNeededError } from "../usage-error.ts";
import { plainMessageOf } from "./failures.ts";
import { findKeychain } from "./keychain/find-keychain.ts";
import type { Keychain } from "./keychain/keychain.ts";
import type { LoginRecord } from "./login-record.ts";
import { createLogins, type LoginChoice, type Logins, loginFolderOf } from "./logins.ts";
import { type OpenSession, openSession } from "./open-session.ts";
import { readSecret } from "./session-secret.ts";

/** What the commands of a user's logins work on. */
export interface LoginPlaces {
  readonly logins: Logins;
  readonly keychain: Keychain | undefined;
}

/** Find where the logins of the user are. */
export function findPlaces(env: Environment): LoginPlaces {
  return { logins: createLogins(loginFolderOf(env)), keychain: findKeychain(env) };
}

/** Find the logins that are meant, at least one. @throws SignInNeededError when there is none */
export async function requireLogins(
  logins: Logins,
  choice: LoginChoice,
): Promise<readonly [LoginRecord, ...(readonly LoginRecord[])]> {
  const [first, ...others] = await logins.find(choice);
  if (first === undefined) {
    const { user, server } = choice;
    const who = `${user === undefined ? "" : ` as ${user}`}${server === undefined ? "" : ` at ${server}`}`;
    throw new SignInNeededError(
      `you are not signed in${who}. Sign in with: countersign login ${server ?? "URL"} --user ${user ?? "NAME"}, or at an ` +
        "OpenID provider with --client-id",
    );
  }
  return [first, ...others];
}

/**
 * Open the session of a login.
 *
 * @throws CommandError when the keychain does not answer, or has lost its secret, or the tokens cannot be read: whether the
 * session lives is not known then
 */
export async function openLogin(
  { logins, keychain }: LoginPlaces,
  record: LoginRecord,
): Promise<OpenSession> {
  const secret =
    record.isPlain === true ? undefined : await readSecret(keychain, logins.secretFileOf(record));
  const open = openSession(record, { directory: logins.directoryOf(record), secret });
  await open.session.ready;
  const { degraded, status } = open.session.getSnapshot();
  if (degraded && status !== "signed_in") {
    open[Symbol.dispose]();
    throw new CommandError(`the tokens cannot be read: ${plainMessageOf(open.failure())}`);
  }
  return open;
}
