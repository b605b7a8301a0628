/**
 * Assert that every option has a name that is known: plain JavaScript can misspell one, which would then be ignored.
 *
 * @param what takes the options, for errors
 * @param known the names, complete by type where the options have one
 * @throws TypeError that names the option and those that there are
 */
export function assertOptionNames(
  what: string,
  options: object,
  known: Readonly<Record<string, true>>,
): void {
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(known, name));
  if (unknown !== undefined) {
    throw new TypeError(`${what} has no option ${unknown}; it has ${Object.keys(known).join(", ")}`);
  }
}
