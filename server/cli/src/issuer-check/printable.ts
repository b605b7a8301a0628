/** What a terminal may take for an instruction, or does not show. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** A URL of an issuer, as metadata and tokens may have it: printable, and of a length that servers take. */
const IS_URL_TEXT = /^[\x21-\x7e]{1,2048}$/;

/** Write text that others chose so that a terminal prints it, and JSON and code mean the same by it. */
export function toPrintableLines(text: string): readonly string[] {
  return text.split("\n").map((line) => line.replace(UNPRINTABLE, toEscape));
}

/** Check whether a value is text that can be the name of an issuer, or where its keys are. */
export function isUrlText(value: unknown): value is string {
  return typeof value === "string" && IS_URL_TEXT.test(value);
}

function toEscape(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
}
