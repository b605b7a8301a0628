/**
 * Hand on what a table of tests was computed to be.
 *
 * @throws Error when it is empty: its tests would pass by not being there
 */
export function notEmpty<List extends readonly unknown[]>(list: List): List {
  if (list.length === 0) {
    throw new Error("this table of tests is empty");
  }
  return list;
}
