import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema } from "@countersign/gen/google/rpc/error_details_pb.js";

/** A field of a request that is wrong. */
export interface Violation {
  /** The path of the field in proto names, for example `password.username`. */
  readonly field: string;
  /** What is wrong with it, as a sentence without the value. */
  readonly description: string;
}

/**
 * Build the error for a request with wrong fields: InvalidArgument with a `google.rpc.BadRequest`.
 *
 * @param violations every wrong field, at least one; the first makes the message
 */
export function invalidArgument(violations: readonly Violation[]): ConnectError {
  const [first] = violations;
  const message = first === undefined ? "the request is not valid" : `${first.field}: ${first.description}`;
  const fieldViolations = violations.map(({ field, description }) => ({ field, description }));
  const details = [{ desc: BadRequestSchema, value: { fieldViolations } }];
  return new ConnectError(message, Code.InvalidArgument, undefined, details);
}

/**
 * Refuse a request when a field of it is wrong.
 *
 * @throws ConnectError InvalidArgument when there is a violation
 */
export function assertValid(violations: readonly Violation[]): void {
  if (violations.length > 0) {
    throw invalidArgument(violations);
  }
}
