import type { Terminal } from "../command.ts";
import { CommandError } from "../usage-error.ts";
import type { Keychain } from "./keychain/keychain.ts";
import type { LoginRecord } from "./login-record.ts";
import type { LoginPlaces } from "./open-login.ts";
import type { SessionPlace } from "./open-session.ts";
import { readIfThere } from "./private-file.ts";
import { makeSecret, removeSecretOrWarn } from "./session-secret.ts";

/** Where the tokens of a new login are kept. A login that is there already stays as it is until the sign-in has succeeded. */
export interface ChosenPlace extends SessionPlace {
  /** Remove what only the earlier login needs: the sign-in has succeeded. */
  readonly settle: () => Promise<void>;
  /** Remove what was made for the new login: the sign-in has failed. */
  readonly giveUp: () => Promise<void>;
}

/** How a user wants the tokens to be kept. */
export interface PlaceWishes {
  /** Whether they are kept in plain text also where there is a keychain. */
  readonly isPlain: boolean;
  readonly warn: Terminal["warn"];
}

/** Choose where the tokens are kept: encrypted where the machine has a keychain that answers, else in plain text. */
export async function choosePlace(
  { logins, keychain }: LoginPlaces,
  record: LoginRecord,
  { isPlain, warn }: PlaceWishes,
): Promise<ChosenPlace> {
  const directory = logins.directoryOf({ ...record, isPlain: false });
  const file = logins.secretFileOf(record);
  const inPlainText = (earlier: Keychain | undefined): ChosenPlace => ({
    directory: logins.directoryOf({ ...record, isPlain: true }),
    secret: undefined,
    settle: () => removeSecretOrWarn(earlier, file, warn),
    giveUp: async () => undefined,
  });
  if (keychain === undefined || isPlain) {
    return inPlainText(keychain);
  }
  const isNew = (await readIfThere(file)) === undefined;
  try {
    const secret = await makeSecret(keychain, file);
    const giveUp = async (): Promise<void> => (isNew ? removeSecretOrWarn(keychain, file, warn) : undefined);
    return { directory, secret, settle: async () => undefined, giveUp };
  } catch (error) {
    if (!(error instanceof CommandError)) {
      throw error;
    }
    warn(`${error.message}. The tokens are kept without it.`);
    return inPlainText(undefined);
  }
}
