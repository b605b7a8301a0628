/** Write a list of texts into a column. */
export function toTextList(items: readonly string[]): string {
  return JSON.stringify(items);
}

/**
 * Read a list of texts out of a column.
 *
 * @throws TypeError when the column holds something else
 */
export function parseTextList(json: string): readonly string[] {
  const value: unknown = JSON.parse(json);
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) {
    throw new TypeError("a column of the store does not hold a list of texts");
  }
  return value;
}
