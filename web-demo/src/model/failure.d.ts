/** What went wrong with a call, as far as a page has to tell it apart. */
export type FailureKind =
  | "credentials"
  | "rate_limited"
  | "unreachable"
  | "denied"
  | "signed_out"
  | "invalid"
  | "not_found"
  | "other";
/** A failed call, ready to be shown. */
export interface Failure {
  readonly kind: FailureKind;
  /** A sentence for people. It never holds text of the server that is not meant for them. */
  readonly message: string;
  /** How long to wait before the next try, in milliseconds; 0 when nobody said. */
  readonly retryAfterMs: number;
}
/**
 * Read the reason that Countersign gives in an error's `google.rpc.ErrorInfo`, for example `TOKEN_EXPIRED`.
 *
 * @returns undefined when the error has none
 */
export declare function reasonOf(err: unknown): string | undefined;
/**
 * Describe any error of a call for people.
 *
 * @param err what was thrown; anything that is no `ConnectError` is taken as Connect takes it
 */
export declare function toFailure(err: unknown): Failure;
//# sourceMappingURL=failure.d.ts.map
