import { invalidArgument, type Violation } from "@countersign/server/internal";

/** How long a text may be. */
export interface TextLimits {
  /** The fewest characters (code points). Default 0. */
  readonly minCharacters?: number;
  /** The most characters (code points). Default: no limit. */
  readonly maxCharacters?: number;
  /** The most bytes in UTF-8. Default: no limit. */
  readonly maxBytes?: number;
}

/** How many items a page holds when the caller does not say. */
const DEFAULT_PAGE_SIZE = 50;

/** How many items a page holds at the most; larger wishes are cut to it (AIP-158). */
const MAX_PAGE_SIZE = 200;

/**
 * Check a text.
 *
 * Besides its length, a text may not contain U+0000 or half a surrogate pair: Postgres cannot store them.
 *
 * @returns what is wrong; empty when nothing is
 */
export function textViolations(field: string, text: string, limits: TextLimits = {}): readonly Violation[] {
  const { minCharacters = 0, maxCharacters = Infinity, maxBytes = Infinity } = limits;
  // Lengths in UTF-16 units bound both counts from below, so that a huge text is refused unread.
  if (text.length > maxBytes || (text.length > maxBytes / 3 && Buffer.byteLength(text) > maxBytes)) {
    return [{ field, description: `must not be longer than ${maxBytes} bytes` }];
  }
  if (
    text.length > 2 * maxCharacters ||
    (text.length > maxCharacters && countCharacters(text) > maxCharacters)
  ) {
    return [{ field, description: `must not be longer than ${maxCharacters} characters` }];
  }
  if (text.length < 2 * minCharacters && countCharacters(text) < minCharacters) {
    const description =
      minCharacters === 1 ? "must not be empty" : `must have at least ${minCharacters} characters`;
    return [{ field, description }];
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
  if (pageSize < 0) {
    throw invalidArgument([{ field: "page_size", description: "must not be negative" }]);
  }
  return pageSize === 0 ? DEFAULT_PAGE_SIZE : Math.min(pageSize, MAX_PAGE_SIZE);
}

/** Write a cursor as a page token, which callers treat as opaque. */
export function toPageToken(cursor: string): string {
  return Buffer.from(cursor, "utf8").toString("base64url");
}

/**
 * Read the cursor out of a page token.
 *
 * @param pattern what a cursor looks like, anchored at both ends
 * @returns the match; undefined for an empty token, which asks for the first page
 * @throws ConnectError InvalidArgument when the token is not one that we gave out
 */
export function parsePageToken(pageToken: string, pattern: RegExp): RegExpExecArray | undefined {
  if (pageToken === "") {
    return undefined;
  }
  const match = pattern.exec(Buffer.from(pageToken, "base64url").toString("utf8"));
  if (match === null) {
    throw invalidArgument([{ field: "page_token", description: "must be a next_page_token of this method" }]);
  }
  return match;
}

function countCharacters(text: string): number {
  return Array.from(text).length;
}
