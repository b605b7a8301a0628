const BACKSLASH = 0x5c;
const LOWER_U = 0x75;
const HIGHEST_SPACE = 0x20;

const codesOf = (characters: string): ReadonlySet<number> =>
  new Set(Array.from(characters, (character) => character.charCodeAt(0)));

/** Signs, the point, and what stands in a time, or before an exponent. */
const SIGNS = codesOf("+-.:eEsTZ");
/** What stands behind the 0 of a number to the base of 16, 8 or 2. */
const BASES = codesOf("xXoObB");
/** What white space is escaped as, behind the backslash. */
const SHORT_SPACES = codesOf("nrtf");
/** White space beyond ASCII: it is taken off before a number is read. */
const WIDE_SPACES = codesOf(
  "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff",
);
/** The first two bytes of each of them. */
const WIDE_SPACE_BYTES: ReadonlySet<number> = new Set([0xc2a0, 0xe19a, 0xe280, 0xe281, 0xe380, 0xefbb]);

/**
 * Count the characters of a number in quotes, however it is written, with the white space around it: a number of a million
 * digits takes a hundred times as long to read as a text of as many letters.
 *
 * @param text what stands between the quotes
 * @param enough it is of no account how many more there are
 * @returns 0 when it is no number, which most texts show at their first letter
 */
export function countDigits(text: Uint8Array, enough: number): number {
  let characters = 0;
  let digits = 0;
  let hasBase = false;
  for (let at = 0; at < text.length && characters <= enough; at += lengthOf(text, at)) {
    const byte = text[at] ?? 0;
    const code = byte === BACKSLASH ? readEscape(text, at) : byte;
    characters += 1;
    if (isDigit(code) || (hasBase && isHexLetter(code))) {
      digits += 1;
    } else if (digits === 1 && BASES.has(code)) {
      hasBase = true;
    } else if (!isSpace(text, at, code) && !SIGNS.has(code)) {
      return 0;
    }
  }
  return characters;
}

/** How many bytes the character takes that begins there. */
function lengthOf(text: Uint8Array, at: number): number {
  const byte = text[at] ?? 0;
  if (byte === BACKSLASH) {
    return text[at + 1] === LOWER_U ? 6 : 2;
  }
  if (byte < 0x80) {
    return 1;
  }
  return byte < 0xe0 ? 2 : 3;
}

/** @returns the character, a space for any white space in one letter, a letter for anything else in one */
function readEscape(text: Uint8Array, at: number): number {
  const kind = text[at + 1] ?? 0;
  if (kind !== LOWER_U) {
    return SHORT_SPACES.has(kind) ? HIGHEST_SPACE : LOWER_U;
  }
  let code = 0;
  for (let digit = at + 2; digit < at + 6; digit += 1) {
    code = code * 0x10 + toHexValue(text[digit] ?? 0);
  }
  return WIDE_SPACES.has(code) ? HIGHEST_SPACE : code;
}

function isSpace(text: Uint8Array, at: number, code: number): boolean {
  if (code < 0x80 || text[at] === BACKSLASH) {
    return code <= HIGHEST_SPACE;
  }
  return WIDE_SPACE_BYTES.has(code * 0x100 + (text[at + 1] ?? 0));
}

/** Whatever is no digit counts as one: what reads the message refuses it. */
function toHexValue(code: number): number {
  return isDigit(code) ? code - 0x30 : (code % 0x20) + 9;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isHexLetter(code: number): boolean {
  return (code >= 0x41 && code <= 0x46) || (code >= 0x61 && code <= 0x66);
}
