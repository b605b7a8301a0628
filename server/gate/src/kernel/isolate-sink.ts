/**
 * Keep what an `onError` throws, or rejects with, from the code that reports an error to it: that has a request to answer.
 * Both errors are printed.
 *
 * @param name what the sink is called, for what is printed
 */
export function isolateSink<Args extends readonly unknown[]>(
  sink: (...args: Args) => unknown,
  name = "onError",
): (...args: Args) => void {
  return (...args) => {
    const print = (failure: unknown): void => {
      // biome-ignore lint/suspicious/noConsole: the application's own log has just failed
      console.error(`countersign: ${name} failed`, failure, ...args);
    };
    try {
      const result = sink(...args);
      if (result instanceof Promise) {
        result.catch(print);
      }
    } catch (failure) {
      print(failure);
    }
  };
}
