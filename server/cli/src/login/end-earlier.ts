import type { Terminal } from "../command.ts";
import { CommandError } from "../usage-error.ts";
import { plainMessageOf } from "./failures.ts";
import type { LoginRecord } from "./login-record.ts";
import { type LoginPlaces, openLogin } from "./open-login.ts";

/** A login that has taken the place of another one. */
export interface Replacement {
  /** Undefined: there was none. */
  readonly earlier: LoginRecord | undefined;
  readonly record: LoginRecord;
  readonly warn: Terminal["warn"];
}

/**
 * End the session that a new login has taken the place of. In the same directory the SDK has ended it; in another one, encrypted
 * where the new one is not or the other way round, it is ended here.
 */
export async function endEarlier(places: LoginPlaces, { earlier, record, warn }: Replacement): Promise<void> {
  const { logins } = places;
  if (earlier === undefined || logins.directoryOf(earlier) === logins.directoryOf(record)) {
    return;
  }
  const failure = await revoke(places, earlier);
  if (failure !== undefined) {
    warn(`The session of the earlier login goes on until it expires: ${failure}.`);
  }
  await logins.removeSession(earlier);
}

/** @returns why it has not ended; undefined when it has */
async function revoke(places: LoginPlaces, earlier: LoginRecord): Promise<string | undefined> {
  try {
    using open = await openLogin(places, earlier);
    const { error } = await open.session.signOut();
    return error && plainMessageOf(error);
  } catch (error) {
    if (!(error instanceof CommandError)) {
      throw error;
    }
    return error.message;
  }
}
