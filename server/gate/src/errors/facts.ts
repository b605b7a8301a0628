/** Every check that can refuse a call. The set is closed: programs may switch over it, and logs count by it. */
export const CHECKS = [
  // The call, before its token is looked at.
  "policy",
  "rate",
  // The token's place and form.
  "token_missing",
  "token_source",
  "token_size",
  "token_form",
  "header",
  // Whose it is, and whether that is so.
  "issuer",
  "tenant",
  "algorithm",
  "type",
  "key",
  "keys_unavailable",
  "signature",
  // Its claims.
  "claim",
  "audience",
  "subject",
  "actor",
  "life",
  "not_before",
  "expiry",
  "binding",
  // The proof that its sender holds the key.
  "sender",
  "proof_missing",
  "proof",
  "proof_url",
  "proof_time",
  "proof_nonce",
  "proof_replay",
  // What may end it before it expires.
  "revoked",
  "revocations_unavailable",
  // The policy of the method.
  "scopes",
  "roles",
  "client",
  "audience_of_method",
  "auth_age",
  "acr",
  "rule",
  "decide",
  // Streams.
  "renewal",
  "stream",
] as const;

/** The check that refused a call. */
export type Check = (typeof CHECKS)[number];

/**
 * What a refused token looks like, where that says more than the check what to do about it: an ID token, or one whose
 * tenant is not that of its issuer. Nothing is decided by it.
 */
export const HINTS = ["id_token", "tenant_mismatch"] as const;

/** What a refused token looks like. */
export type Hint = (typeof HINTS)[number];

/**
 * What a check saw, as the place that refuses has it. The values may be of any kind, and come from a stranger: they are
 * written when someone reads them, in a bounded and escaped form.
 */
export interface FactsInput {
  readonly check: Check;
  /**
   * What would have passed: a text, a number, or a list of which one, or all, are needed. A function is called for it
   * when it is read.
   */
  readonly expected?: unknown;
  /**
   * What came. Undefined is written as `absent`. Never a token, a signature or a secret. A function is called for it when
   * it is read.
   */
  readonly got?: unknown;
  /** What the token looks like. */
  readonly hint?: Hint | undefined;
}

/** Why a call was refused, for the operator of the server: it goes to the audit and the console, never to the caller. */
export interface Facts {
  /** The check that refused it. */
  readonly check: Check;
  /** What would have passed, in at most 256 characters; undefined where the check has no such thing. */
  readonly expected: string | undefined;
  /** What came, in at most 256 characters; undefined where the check does not say. */
  readonly got: string | undefined;
  /** What the token looks like, where that says more than the check what to do. */
  readonly hint?: Hint;
}

/** How long a text of facts is at the most, in characters. */
export const MAX_FACT_CHARS = 256;

/** How many members of a list are looked at: more do not fit. */
const MAX_MEMBERS = 32;

/** What a terminal or a log may take for an instruction, or does not show: controls, formats, half pairs and ends of lines. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** What may be a token or its beginning: JSON that begins as that of a header, in base64url. */
const TOKEN_LIKE = /eyJ[\w-]{8,}(?:\.[\w-]*)*/g;

/** Write what a check saw, bounded and escaped. */
export function toFacts(input: FactsInput): Facts {
  return Object.freeze({
    check: input.check,
    expected: Object.hasOwn(input, "expected") ? toFactText(resolveValue(input.expected)) : undefined,
    got: Object.hasOwn(input, "got") ? toFactText(resolveValue(input.got)) : undefined,
    ...(input.hint === undefined ? {} : { hint: input.hint }),
  });
}

function resolveValue(given: unknown): unknown {
  return typeof given === "function" ? given() : given;
}

/** Write that a check needs one of these. */
export function oneOf(names: readonly (string | number | boolean)[]): string {
  return names.length === 1 ? toFactText(names[0]) : bound(`one of ${joinMembers(names)}`);
}

/**
 * Write any value that a stranger may have sent as one line of at most 256 printable characters. It shows nothing that
 * looks like a token, and of objects only that they are some.
 */
export function toFactText(value: unknown): string {
  return bound(Array.isArray(value) ? toListText(value) : toItemText(value));
}

function bound(text: string): string {
  return text.length > MAX_FACT_CHARS ? `${cut(text, MAX_FACT_CHARS - 1)}…` : text;
}

/** In brackets: a claim that is a list of one text is not that text. */
function toListText(list: readonly unknown[]): string {
  return list.length === 0 ? "an empty list" : `[${joinMembers(list)}]`;
}

/** Write several values as {@link toFactText} writes each, where all know that they are several. */
export function toMembersText(list: readonly unknown[]): string {
  return list.length === 0 ? "an empty list" : bound(joinMembers(list));
}

function joinMembers(list: readonly unknown[]): string {
  const shown = list.slice(0, MAX_MEMBERS).map(toItemText).join(", ");
  return list.length > MAX_MEMBERS ? `${shown}, …` : shown;
}

function toItemText(value: unknown): string {
  switch (typeof value) {
    case "string":
      return value === "" ? '""' : toPrintable(value);
    case "number":
    case "boolean":
    case "bigint":
      return String(value);
    case "undefined":
      return "absent";
    default:
      return value === null ? "null" : Array.isArray(value) ? "a list" : `an ${typeof value}`;
  }
}

function toPrintable(text: string): string {
  // Cut first: what is longer is not worth the time that a stranger would have it take.
  return cut(text, 2 * MAX_FACT_CHARS)
    .replace(TOKEN_LIKE, "[token]")
    .replace(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** Cut a text, not in the middle of a character. */
function cut(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : text.slice(0, maxChars).replace(/[\ud800-\udbff]$/, "");
}
