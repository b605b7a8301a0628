import { AccountError } from "./account-error.ts";

/** The shortest password, in characters (code points). */
const MIN_PASSWORD_CHARACTERS = 8;

/** The longest password, in bytes of UTF-8. */
export const MAX_PASSWORD_BYTES = 1_024;

/** A password that an account is to have. */
export interface ProposedPassword {
  readonly password: string;
  /** In the form that it is kept in: letter case and width do not matter. */
  readonly username: string;
}

/**
 * Decides whether an account may have a password.
 *
 * @returns undefined when it may; else why not, as a sentence that goes to the user, without the password
 */
export type AcceptPassword = (proposed: ProposedPassword) => string | undefined | Promise<string | undefined>;

/** The rule of a server without one of its own: that of {@link findPasswordFault} is enough. */
export const acceptAnyPassword: AcceptPassword = () => undefined;

/**
 * Check a password against the rule that holds everywhere: 8 characters to 1,024 bytes of Unicode text.
 *
 * @returns what is wrong, as the end of a sentence; undefined when nothing is
 */
export function findPasswordFault(password: string): string | undefined {
  // A text has at least as many bytes as UTF-16 units, and its characters are at least half as many.
  if (password.length > MAX_PASSWORD_BYTES || Buffer.byteLength(password) > MAX_PASSWORD_BYTES) {
    return `must not be longer than ${MAX_PASSWORD_BYTES} bytes`;
  }
  if (Array.from(password).length < MIN_PASSWORD_CHARACTERS) {
    return `must have at least ${MIN_PASSWORD_CHARACTERS} characters`;
  }
  return password.includes("\0") || !password.isWellFormed()
    ? "must be Unicode text without U+0000"
    : undefined;
}

/** @throws AccountError `PASSWORD_REFUSED` when a password breaks the rule that holds everywhere */
export function assertPassword(password: string): void {
  const fault = findPasswordFault(password);
  if (fault !== undefined) {
    throw new AccountError("PASSWORD_REFUSED", `a password ${fault}`);
  }
}

/**
 * Check a password against the rule that holds everywhere, and then against that of the server.
 *
 * @throws AccountError `PASSWORD_REFUSED` when one of them refuses it
 * @throws TypeError when the rule of the server answers neither undefined nor a text: it is refused, too
 */
export async function assertAcceptable(proposed: ProposedPassword, accept: AcceptPassword): Promise<void> {
  assertPassword(proposed.password);
  const refusal: unknown = await accept(proposed);
  if (refusal === undefined) {
    return;
  }
  // Plain JavaScript may answer true or false, and mean either by it.
  if (typeof refusal !== "string") {
    throw new TypeError("acceptPassword must return undefined or a text");
  }
  throw new AccountError("PASSWORD_REFUSED", refusal === "" ? "the password is not accepted" : refusal);
}
