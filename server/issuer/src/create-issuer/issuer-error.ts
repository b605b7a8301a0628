/** Why an issuer cannot be created. */
export type IssuerErrorReason =
  /** The database cannot be reached or opened, or its file can be changed by others; the cause says why. */
  | "STORE_UNAVAILABLE"
  /** A newer release has made its tables, and this one cannot work with them. */
  | "STORE_TOO_NEW"
  /** It belongs to an issuer with another `url`, or its tokens are for another `audience`. */
  | "STORE_HAS_OTHER_NAME"
  /** The store is one of Postgres, and package `pg` is not installed. */
  | "PG_MISSING"
  /** There is no secret file, and none may be made. */
  | "SECRET_MISSING"
  /** The secret is not 32 bytes, or its file cannot be read, or can be changed by others. */
  | "SECRET_INVALID"
  /** It is not the secret that the keys in the store were made with. */
  | "SECRET_WRONG";

/** An issuer that cannot be created, for a reason that its operator can do something about. */
export class IssuerError extends Error {
  override readonly name = "IssuerError";
  readonly reason: IssuerErrorReason;

  /**
   * @param reason why, from the closed set
   * @param message what to do about it, without any secret
   */
  constructor(reason: IssuerErrorReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** A store that belongs to an issuer of another name. */
export class StoreNameError extends IssuerError {
  /** Which of the two differs. */
  readonly member: "url" | "audience";
  /** What the store has. */
  readonly kept: string;
  /** What was asked for. */
  readonly asked: string;

  constructor(
    member: "url" | "audience",
    { kept, asked }: { readonly kept: string; readonly asked: string },
  ) {
    super(
      "STORE_HAS_OTHER_NAME",
      `the ${member} of this store is ${kept}, and the option says ${asked}: all servers on a store have the same. ` +
        `Give ${kept}, or change it for good with replaces: { ${member}: ${JSON.stringify(kept)} }`,
    );
    this.member = member;
    this.kept = kept;
    this.asked = asked;
  }
}
