import { elementsOf, type MessageLimits } from "../../kernel/message-limits.ts";
import type { MessageFault } from "./binary-walk.ts";
import { countDigits } from "./quoted-number.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** What a byte outside of texts is. */
const SPACE = 1;
const TEXT = 2;
const OPENER = 3;
const CLOSER = 4;
const COMMA = 5;
const COLON = 6;

/** White space of JSON, and with it what JSON has not outside of texts. A table: it is asked for every byte. */
const KINDS = new Uint8Array(256).fill(SPACE, 0, 0x21);
KINDS[QUOTE] = TEXT;
KINDS[0x7b] = OPENER;
KINDS[0x5b] = OPENER;
KINDS[0x7d] = CLOSER;
KINDS[0x5d] = CLOSER;
KINDS[0x2c] = COMMA;
KINDS[0x3a] = COLON;

/** So much white space counts as one element. */
const SPACES_TO_ONE = 64;
/** So many digits of a long number count as one: reading twice as many takes more than twice as long. */
const DIGITS_TO_ONE = 4;
/** So many bytes of a long name count as one: it is looked up, and stands in errors. */
const NAME_TO_ONE = 16;
/** A number is long from here on. None that has a type in a proto is. */
const LONG_NUMBER = 64;
const LONG_NAME = 512;

/**
 * Go through a message in JSON without reading it: count its members, elements, lists and objects, and look at how deep they
 * are in one another. It need not be JSON at all; that is for what reads it.
 *
 * @returns what is wrong; undefined: nothing that can be seen from here
 */
export function walkJson(bytes: Uint8Array, limits: MessageLimits): MessageFault | undefined {
  const { maxDepth } = limits;
  const maxElements = elementsOf(limits, { isBinary: false, bytes: bytes.length });
  let elements = 0;
  let depth = 0;
  let textLength = 0;
  let at = 0;
  while (at < bytes.length) {
    const start = at;
    const kind = KINDS[bytes[at] ?? 0];
    at = kind === TEXT ? findEndOfText(bytes, at + 1) : at + 1;
    if (kind === TEXT) {
      textLength = at - start;
      const text = textLength < LONG_NUMBER ? undefined : bytes.subarray(start + 1, at - 1);
      elements += text === undefined ? 0 : countDigits(text, maxElements * DIGITS_TO_ONE) / DIGITS_TO_ONE;
    } else if (kind === SPACE) {
      elements += 1 / SPACES_TO_ONE;
    } else if (kind === OPENER) {
      depth += 1;
      elements += 1;
    } else if (kind === CLOSER) {
      depth -= 1;
    } else if (kind === COMMA) {
      elements += 1;
    } else if (kind === COLON) {
      elements += textLength < LONG_NAME ? 0 : textLength / NAME_TO_ONE;
    } else {
      at = findEndOfToken(bytes, at);
      elements += at - start < LONG_NUMBER ? 0 : (at - start) / DIGITS_TO_ONE;
    }
    if (depth > maxDepth) {
      return "depth";
    }
    if (elements > maxElements) {
      return "elements";
    }
  }
  return undefined;
}

/** @param at behind its first quote @returns where it goes on behind the last */
function findEndOfText(bytes: Uint8Array, at: number): number {
  // The platform looks for a byte several times as fast; few texts have a quote in them.
  const quote = bytes.indexOf(QUOTE, at);
  if (quote === -1) {
    return bytes.length;
  }
  if (bytes[quote - 1] !== BACKSLASH) {
    return quote + 1;
  }
  let next = at;
  while (next < bytes.length && bytes[next] !== QUOTE) {
    next += bytes[next] === BACKSLASH ? 2 : 1;
  }
  return next + 1;
}

function findEndOfToken(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < bytes.length && KINDS[bytes[at] ?? 0] === 0) {
    at += 1;
  }
  return at;
}
