/** A name is taken for another one when at most a third of its letters differ. */
const MIN_LIKENESS = 2 / 3;

/**
 * Assert that every option has a name that is known: plain JavaScript can misspell one, which would then be ignored.
 *
 * @param what takes the options, for errors
 * @param known has the names as its keys, complete by type where the options have one
 * @throws TypeError that names the option and the one that was probably meant, or else those that there are
 */
export function assertOptionNames(what: string, options: object, known: object): void {
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(known, name));
  if (unknown !== undefined) {
    throw new TypeError(`${what} has no option ${unknown}${hintAt(unknown, Object.keys(known))}`);
  }
}

/** Say which of the known names was probably meant, or else which there are. */
export function hintAt(name: string, known: readonly string[]): string {
  const [meant] = known
    .map((candidate) => ({ candidate, likeness: likenessOf(name, candidate) }))
    .filter(({ likeness }) => likeness >= MIN_LIKENESS)
    .toSorted((a, b) => b.likeness - a.likeness);
  return meant === undefined ? `; it has ${known.join(", ")}` : `: did you mean ${meant.candidate}?`;
}

/** Which part of the longer name is in both, at the beginning or at the end: one slip leaves these alone. */
function likenessOf(name: string, candidate: string): number {
  const [a, b] = [name.toLowerCase(), candidate.toLowerCase()];
  const shorter = Math.min(a.length, b.length);
  let start = 0;
  while (start < shorter && a[start] === b[start]) {
    start += 1;
  }
  let end = 0;
  while (end < shorter - start && a.at(-1 - end) === b.at(-1 - end)) {
    end += 1;
  }
  return (start + end) / Math.max(a.length, b.length);
}
