import { type ContextKey, type ContextValues, createContextValues } from "@connectrpc/connect";

/**
 * Names what is made of several calls, such as a stream that is opened again and again: they count as one, which belongs
 * to one account.
 */
export const CALL: ContextKey<object | undefined> = {
  id: Symbol("call"),
  defaultValue: undefined,
};

/** Give calls a name that they have in common. What else is in the context values is read and written where it is. */
export function withCall(values: ContextValues = createContextValues()): ContextValues {
  const call = {};
  const named: ContextValues = {
    // The key's own type is the type of its value, which TypeScript can't see: hence the cast.
    get: <T>(key: ContextKey<T>) => (key.id === CALL.id ? (call as T) : values.get(key)),
    set(key, value) {
      values.set(key, value);
      return named;
    },
    delete(key) {
      values.delete(key);
      return named;
    },
  };
  return named;
}
