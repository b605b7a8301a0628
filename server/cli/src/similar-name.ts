/** Names longer than this are not compared: the work grows with the square of their length. */
const MAX_CHARS = 64;

/** The shortest beginning of a name that is taken for it. */
const MIN_PREFIX_CHARS = 3;

/**
 * Find the name that was probably meant by one that is not known: at most a third of its letters differ, or it begins
 * as it.
 *
 * @returns undefined when no name is similar
 */
export function findSimilarName(name: string, known: readonly string[]): string | undefined {
  const typed = toLetters(name);
  if (typed.length > MAX_CHARS) {
    return undefined;
  }
  const maxDistance = Math.max(1, Math.floor(typed.length / 3));
  const candidates = known.map((candidate) => {
    const letters = toLetters(candidate);
    const isBegun = typed.length >= MIN_PREFIX_CHARS && letters.startsWith(typed);
    return { candidate, distance: isBegun ? 1 : editDistance(typed, letters) };
  });
  return candidates
    .filter(({ distance }) => distance <= maxDistance)
    .sort((a, b) => a.distance - b.distance)[0]?.candidate;
}

/** Write the question whether another name was meant, to be appended to a message; empty when there is none. */
export function askIfMeant(name: string, known: readonly string[], prefix = ""): string {
  const similar = findSimilarName(name, known);
  return similar === undefined ? "" : `: did you mean ${prefix}${similar}?`;
}

/** `jwks_uri`, `jwks-uri` and `jwksUri` are the same mistake. */
function toLetters(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, "");
}

/** Count the letters to insert, remove, replace or swap with their neighbours to make one text of another. */
function editDistance(from: string, to: string): number {
  let [beforeLast, last]: readonly number[][] = [
    [],
    Array.from({ length: to.length + 1 }, (_, index) => index),
  ];
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current[column] = Math.min(
        (last?.[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last?.[column - 1] ?? 0) + (isSame ? 0 : 1),
        isSwapped ? (beforeLast?.[column - 2] ?? 0) + 1 : Infinity,
      );
    }
    [beforeLast, last] = [last, current];
  }
  return last?.[to.length] ?? 0;
}
