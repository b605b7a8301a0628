/**
 * Go on with a value that may be there already: at once then, so that a call which need not wait never does.
 *
 * @param use runs with the value
 */
export function after<In, Out>(
  value: In | Promise<In>,
  use: (value: In) => Out | Promise<Out>,
): Out | Promise<Out> {
  return value instanceof Promise ? value.then(use) : use(value);
}
