/** Make two messages of one. @param between what the second one waits for */
export async function* twice<T>(
  message: T,
  between: () => Promise<unknown> = () => Promise.resolve(),
): AsyncGenerator<T, void, undefined> {
  yield message;
  await between();
  yield message;
}

/** Read a stream to its end. */
export async function drain(messages: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of messages) {
  }
}
