/** Something that can be done again and again, each lane on its own. */
export type Lane = () => unknown;

/**
 * Let all lanes go on at the same time, each with one thing after the other.
 *
 * @returns how many things were done in a second
 */
export async function runLanes(lanes: readonly Lane[], ms: number): Promise<number> {
  const startMs = performance.now();
  let count = 0;
  await Promise.all(
    lanes.map(async (lane) => {
      while (performance.now() - startMs < ms) {
        await lane();
        count += 1;
      }
    }),
  );
  return (count * 1_000) / (performance.now() - startMs);
}
