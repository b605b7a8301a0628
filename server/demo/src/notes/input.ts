import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema } from "@countersign/gen/google/rpc/error_details_pb.js";

/** A field of a request that is wrong. */
export interface Violation {
  /** The path of the field in proto names, for example `requests[2].title`. */
  readonly field: string;
  /** What is wrong with it, as a sentence without the value. */
  readonly description: string;
}

/** How many items a page holds when the client names no size. */
const DEFAULT_PAGE_SIZE = 50;

/** How many items a page holds at the most; a larger size is cut to it (AIP-158). */
const MAX_PAGE_SIZE = 200;

/**
 * Refuse a request when a field of it is wrong.
 *
 * @throws ConnectError InvalidArgument with a `google.rpc.BadRequest` when there is a violation; the first is the
 *   message
 */
export function assertValid(violations: readonly Violation[]): void {
  const [first] = violations;
  if (first === undefined) {
    return;
  }
  const fieldViolations = violations.map(({ field, description }) => ({ field, description }));
  const details = [{ desc: BadRequestSchema, value: { fieldViolations } }];
  throw new ConnectError(`${first.field}: ${first.description}`, Code.InvalidArgument, undefined, details);
}

/**
 * Check the length of a text in characters (code points), and that Postgres can store it: U+0000 and half a surrogate
 * pair it cannot.
 *
 * @returns what is wrong; empty when nothing is
 */
export function textViolations(
  field: string,
  text: string,
  { minCharacters = 0, maxCharacters }: { readonly minCharacters?: 0 | 1; readonly maxCharacters: number },
): readonly Violation[] {
  // A text of more than twice as many UTF-16 units is too long, and is not counted.
  const isLong = text.length > 2 * maxCharacters || Array.from(text).length > maxCharacters;
  if (isLong) {
    return [{ field, description: `must not be longer than ${maxCharacters} characters` }];
  }
  if (text.length < minCharacters) {
    return [{ field, description: "must not be empty" }];
  }
  if (text.includes("\0") || !text.isWellFormed()) {
    return [{ field, description: "must be Unicode text without U+0000" }];
  }
  return [];
}

/**
 * Read the size of a page: 0 becomes 50, more than 200 becomes 200.
 *
 * @throws ConnectError InvalidArgument when it is negative
 */
export function parsePageSize(pageSize: number): number {
  assertValid(pageSize < 0 ? [{ field: "page_size", description: "must not be negative" }] : []);
  return pageSize === 0 ? DEFAULT_PAGE_SIZE : Math.min(pageSize, MAX_PAGE_SIZE);
}

/** Write a cursor as a page token, which clients treat as opaque. */
export function toPageToken(cursor: string): string {
  return Buffer.from(cursor, "utf8").toString("base64url");
}

/**
 * Read the cursor out of a page token.
 *
 * @param pattern what a cursor looks like, anchored at both ends
 * @returns the match; undefined for an empty token, which asks for the first page
 * @throws ConnectError InvalidArgument when the token is not one that this service gave out
 */
export function parsePageToken(pageToken: string, pattern: RegExp): RegExpExecArray | undefined {
  if (pageToken === "") {
    return undefined;
  }
  const match = pattern.exec(Buffer.from(pageToken, "base64url").toString("utf8"));
  const description = "must be a next_page_token of this method";
  assertValid(match === null ? [{ field: "page_token", description }] : []);
  return match ?? undefined;
}
