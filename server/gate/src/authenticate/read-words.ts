import { type Claims, ownMember, type WordsClaim } from "./claim-source.ts";

const NO_WORDS: readonly string[] = Object.freeze([]);

/** Receives a claim that is not of the form that it should have, and so counts as absent. */
export type OnOddClaim = (name: string, form: string) => void;

/** What scopes and roles must be. */
const WORDS_FORM = "text or a list of words";
const KEYS_FORM = "an object whose keys are words";

/**
 * Read the words of one or several claims: text with spaces between them
 * ([RFC 8693 §4.2](https://www.rfc-editor.org/rfc/rfc8693#section-4.2)), a list of text, or of objects that each have
 * the word as a member, or the keys of an object. A claim of another form has none: it grants nothing, and refuses
 * nothing.
 *
 * @param onOdd receives the claims of another form
 */
export function readWords(
  claims: Claims,
  sources: readonly WordsClaim[],
  onOdd: OnOddClaim,
): readonly string[] {
  const [only] = sources;
  if (only !== undefined && sources.length === 1) {
    return Object.freeze(readWordsAt(claims, only, onOdd));
  }
  const words: string[] = [];
  for (const source of sources) {
    for (const word of readWordsAt(claims, source, onOdd)) {
      words.push(word);
    }
  }
  return Object.freeze([...new Set(words)]);
}

function readWordsAt(claims: Claims, source: WordsClaim, onOdd: OnOddClaim): readonly string[] {
  const value = source.read(claims);
  if (value === undefined) {
    return NO_WORDS;
  }
  const words = source.areKeys ? toKeys(value) : toWords(value, source.member);
  if (words === undefined) {
    onOdd(source.name, source.areKeys ? KEYS_FORM : WORDS_FORM);
    return NO_WORDS;
  }
  // Filtering leaves room to spare in an array, a quarter of what a remembered token takes; mapping does not.
  return (words.includes("") ? words.filter((word) => word !== "") : words).map(source.share);
}

/** @returns undefined: it is of another form */
function toWords(value: unknown, member: string): readonly string[] | undefined {
  if (typeof value === "string") {
    return value.split(" ");
  }
  if (!Array.isArray(value)) {
    return undefined;
  }
  const words: readonly unknown[] = value.map((item: unknown) =>
    typeof item === "string" ? item : ownMember(item, member),
  );
  return words.every((word) => typeof word === "string") ? words : undefined;
}

/** A key that is switched off grants nothing: `{ "admin": false }`. */
function toKeys(value: unknown): readonly string[] | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return undefined;
  }
  return Object.entries(value).flatMap(([key, state]) => (state === false || state === null ? [] : [key]));
}
