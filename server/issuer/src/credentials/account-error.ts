/** Why an account cannot be made, changed or found. */
export type AccountErrorReason =
  /** Another account has the username. */
  | "USERNAME_TAKEN"
  /** It is too long, empty, or has characters that cannot be told apart when they are shown. */
  | "USERNAME_INVALID"
  /** The rule for passwords refuses it, or `acceptPassword` of `createIssuer`: the message says why. */
  | "PASSWORD_REFUSED"
  /** A scope or a role has characters that tokens cannot carry. */
  | "RIGHTS_INVALID"
  /** A claim has a name that is reserved, or there is more of them than tokens carry: the message says which rule. */
  | "CLAIMS_INVALID"
  /** There is no account of that name. */
  | "ACCOUNT_UNKNOWN";

/** An account that cannot be made, changed or found, for a reason that its operator can be shown. */
export class AccountError extends Error {
  override readonly name = "AccountError";
  readonly reason: AccountErrorReason;

  /**
   * @param reason why, from the closed set
   * @param message what is wrong, without the password
   */
  constructor(reason: AccountErrorReason, message: string) {
    super(message);
    this.reason = reason;
  }
}
