import { AuthError } from "../errors/auth-error.ts";
import type { Check, FactsInput } from "../errors/facts.ts";

/**
 * Why a security event token is refused, for its transmitter: the codes of [RFC 8935
 * §2.4](https://www.rfc-editor.org/rfc/rfc8935#section-2.4), and `invalid_state` of the Shared Signals Framework.
 */
export type SetErrorCode =
  | "access_denied"
  | "authentication_failed"
  | "invalid_audience"
  | "invalid_issuer"
  | "invalid_key"
  | "invalid_request"
  | "invalid_state";

/** A security event token that is refused for a reason that only these have. */
export class SetError extends AuthError {
  readonly code: SetErrorCode;

  /**
   * @param message the rule that was broken: it goes to the transmitter, and repeats nothing
   * @param facts for the operator
   */
  constructor(code: SetErrorCode, message: string, facts?: FactsInput) {
    super("TOKEN_INVALID", message, { facts });
    this.code = code;
  }
}

/** What the checks of tokens are called where events are delivered; the others: the request is wrong. */
const CODES: Partial<Record<Check, SetErrorCode>> = {
  algorithm: "invalid_key",
  audience: "invalid_audience",
  issuer: "invalid_issuer",
  key: "invalid_key",
  signature: "invalid_key",
};

/** Find what a transmitter is told; undefined: the event may be good, and is to be sent again. */
export function toSetErrorCode(error: unknown): SetErrorCode | undefined {
  if (error instanceof SetError) {
    return error.code;
  }
  if (!(error instanceof AuthError) || error.reason !== "TOKEN_INVALID") {
    return undefined;
  }
  return (error.facts && CODES[error.facts.check]) ?? "invalid_request";
}
