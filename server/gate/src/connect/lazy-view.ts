/** Where the parts of an object come from. */
export type LazyParts<T, S> = { readonly [K in keyof T]-?: (source: S) => T[K] };

/** Holds a source where no log shows it: the requests behind it carry tokens. */
class Hidden<S> {
  readonly #source: S;

  constructor(source: S) {
    this.#source = source;
  }

  static reveal<S>(hidden: Hidden<S>): S {
    return hidden.#source;
  }
}

/**
 * Create what makes objects whose parts are only made when they are asked for. They can be spread, as Connect,
 * interceptors and handlers do, and what is set on them stays.
 *
 * It saves the context of a call that is refused or served by the fast path, most of whose parts are never read (bench
 * `unary`, side `countersign-cpu`). It costs a Proxy: a part that is read takes longer than a plain one, and is made
 * anew.
 */
export function createLazyView<T extends object, S>(parts: LazyParts<T, S>): (source: S) => T {
  const keys = Object.keys(parts);
  const read = (hidden: Hidden<S>, key: PropertyKey): unknown =>
    Object.hasOwn(parts, key) ? parts[key as keyof T](Hidden.reveal(hidden)) : undefined;
  const toProperty = (value: unknown): PropertyDescriptor => ({
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
  const handler: ProxyHandler<Hidden<S>> = {
    get: (hidden, key) => (Object.hasOwn(hidden, key) ? Reflect.get(hidden, key) : read(hidden, key)),
    has: (hidden, key) => Object.hasOwn(parts, key) || Object.hasOwn(hidden, key),
    set: (hidden, key, value) => Reflect.defineProperty(hidden, key, toProperty(value)),
    ownKeys: (hidden) => [...new Set([...keys, ...Reflect.ownKeys(hidden)])],
    getOwnPropertyDescriptor: (hidden, key) =>
      Reflect.getOwnPropertyDescriptor(hidden, key) ??
      (Object.hasOwn(parts, key) ? toProperty(read(hidden, key)) : undefined),
  };
  // The handler answers for every part of T.
  return (source) => new Proxy(new Hidden(source), handler) as unknown as T;
}
